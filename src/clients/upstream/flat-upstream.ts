import type { UpstreamCall, UpstreamOutcome, UpstreamStatus, UpstreamTool } from "../../gateway/upstream-port.ts";
import { messageOf } from "./ask-session.ts";
import { asVendored, flatTool } from "./model-shape.ts";
import type { OneUpstream } from "./one-upstream.ts";

/**
 * QuantConnect's open server as the vendored one is: its tools take their arguments flat, so that they are classified,
 * pinned, judged and recorded as these are. What is sent is put into `model` again.
 */
export class FlatUpstream implements OneUpstream {
  readonly #inner: OneUpstream;

  constructor(inner: OneUpstream) {
    this.#inner = inner;
  }

  start(): void {
    this.#inner.start();
  }

  restart(): Promise<void> {
    return this.#inner.restart();
  }

  status(): UpstreamStatus {
    return this.#inner.status();
  }

  check(): Promise<void> {
    return this.#inner.check();
  }

  readResource(uri: string): Promise<string> {
    return this.#inner.readResource(uri);
  }

  async tools(): Promise<readonly UpstreamTool[]> {
    return (await this.#inner.tools()).map((tool) => flatTool(tool) ?? tool);
  }

  async call(call: UpstreamCall): Promise<UpstreamOutcome> {
    let listed: UpstreamTool | undefined;
    try {
      listed = (await this.#inner.tools()).find(({ name }) => name === call.tool);
    } catch (error) {
      return { kind: "lost", sent: false, timedOut: false, reason: messageOf(error) };
    }
    const wraps = listed !== undefined && flatTool(listed) !== undefined;
    const outcome = await this.#inner.call(wraps ? { ...call, arguments: { model: call.arguments } } : call);
    return outcome.kind === "answered" ? { ...outcome, result: asVendored(outcome.result) } : outcome;
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#inner[Symbol.asyncDispose]();
  }
}
