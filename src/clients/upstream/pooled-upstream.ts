import { canonicalJson } from "../../domain/canonical-json.ts";
import { isShallow } from "../../gateway/validate-arguments.ts";
import type { UpstreamCall, UpstreamOutcome, UpstreamStatus, UpstreamTool } from "../../gateway/upstream-port.ts";
import type { OneUpstream } from "./one-upstream.ts";
import type { SupervisedUpstream } from "./supervised-upstream.ts";

/**
 * Several instances of one server. A call goes to the instance that runs and has the fewest in flight; what reached none
 * goes to the next one. All must list the same tools: one that they list differently is given as often as it is, which
 * the registry puts in quarantine.
 */
export class PooledUpstream implements OneUpstream {
  readonly #name: string;
  readonly #instances: readonly SupervisedUpstream[];
  #turn = 0;

  constructor(name: string, instances: readonly SupervisedUpstream[]) {
    this.#name = name;
    this.#instances = instances;
  }

  start(): void {
    for (const instance of this.#instances) instance.start();
  }

  async restart(): Promise<void> {
    const ends = await Promise.allSettled(this.#instances.map((instance) => instance.restart()));
    const [failed] = ends.filter((end) => end.status === "rejected");
    // One that serves is enough.
    if (failed !== undefined && ends.every(({ status }) => status === "rejected")) throw failed.reason;
  }

  status(): UpstreamStatus {
    const each = this.#instances.map((instance) => instance.status());
    const serving = each.find(({ state }) => state === "ready") ?? each[0];
    if (serving === undefined) throw new Error(`${this.#name} has no instances`);
    return {
      ...serving,
      name: this.#name,
      restarts: each.reduce((sum, { restarts }) => sum + restarts, 0),
      lastError: each.find(({ lastError }) => lastError !== null)?.lastError ?? null,
      instances: each.map(({ state, pid, restarts: own, tools, lastError }) => ({
        state,
        pid,
        restarts: own,
        tools,
        lastError,
      })),
    };
  }

  async tools(): Promise<readonly UpstreamTool[]> {
    // Whoever comes first says what there is; who comes later must say the same.
    await Promise.any(this.#instances.map((instance) => instance.tools())).catch(() => this.#instances[0]?.tools());
    return joinedLists(this.#instances.flatMap(({ listed }) => (listed === undefined ? [] : [listed])));
  }

  async call(call: UpstreamCall): Promise<UpstreamOutcome> {
    this.#turn += 1;
    const asked = new Set<SupervisedUpstream>();
    for (;;) {
      const instance = this.#best(asked);
      asked.add(instance);
      const outcome = await instance.call(call);
      const isOver =
        outcome.kind === "answered" || outcome.sent || outcome.refusal !== undefined || call.signal?.aborted === true;
      if (isOver || !this.#instances.some((other) => !asked.has(other) && isReady(other))) return outcome;
    }
  }

  /** The instance that gave the answer is not known: the one that has it is asked. */
  async readResource(uri: string): Promise<string> {
    const ready = this.#instances.filter(isReady);
    return Promise.any((ready.length > 0 ? ready : this.#instances).map((instance) => instance.readResource(uri)));
  }

  async check(): Promise<void> {
    await Promise.all(this.#instances.map((instance) => instance.check()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#instances.map((instance) => instance[Symbol.asyncDispose]()));
  }

  /** Who runs before who does not, then who has the least to do, then in turn. */
  #best(asked: ReadonlySet<SupervisedUpstream>): SupervisedUpstream {
    const { length } = this.#instances;
    const turned = this.#instances.map((_, index) => this.#instances[(index + this.#turn) % length]);
    const [best] = turned
      .flatMap((one) => (one === undefined || asked.has(one) ? [] : [one]))
      .toSorted((a, b) => Number(isReady(b)) - Number(isReady(a)) || a.inFlight - b.inFlight);
    if (best === undefined) throw new Error(`${this.#name} has no instance that was not asked`);
    return best;
  }
}

function isReady(instance: SupervisedUpstream): boolean {
  return instance.status().state === "ready";
}

/** One list of several: what is not the same in each of them stands there more than once. */
export function joinedLists(lists: readonly (readonly UpstreamTool[])[]): readonly UpstreamTool[] {
  const [first = [], ...others] = lists;
  const base = formsOf(first);
  const odd = new Map<string, UpstreamTool>();
  for (const list of others) {
    const forms = formsOf(list);
    for (const tool of [...first, ...list]) {
      if (base.get(tool.name) !== forms.get(tool.name)) odd.set(tool.name, tool);
    }
  }
  const missing = [...odd.values()].filter(({ name }) => !base.has(name));
  return [...first, ...missing, ...odd.values()];
}

/** What each name stands for. What is nested too deeply to be compared is no tool anyway. */
function formsOf(list: readonly UpstreamTool[]): ReadonlyMap<string, string> {
  return new Map(list.map((tool) => [tool.name, isShallow(tool) ? canonicalJson(tool) : "too deep"]));
}
