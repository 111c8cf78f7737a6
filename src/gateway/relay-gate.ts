import { z } from "zod";
import type { AuditEntry } from "../domain/audit-record.ts";
import type { CallClass } from "../domain/call-class.ts";
import type { Clock } from "../domain/clock.ts";
import type { Refusal } from "../domain/refusal.ts";
import { RefusalError } from "../domain/refusal.ts";
import { classify, type DeploymentState } from "./classify.ts";
import { haltRefusal, type HaltGate } from "./halt-gate.ts";
import type { LedgerPort } from "./ledger-port.ts";
import { decidePolicy } from "./policy/decide-policy.ts";
import type { EffectivePolicy } from "./policy/effective-policy.ts";
import { argumentsHash, keptCopy } from "./redact.ts";
import { passedArguments, type ArgumentsCheck } from "./validate-arguments.ts";

/** How a forwarded call ended, in a few words; the answer itself is not looked at beyond that. */
export interface RelayedEnd {
  readonly kind: "answer" | "lost" | "refused" | "cancelled";
  /** Whether a call without an answer may have reached the server. */
  readonly sent: boolean;
  /** Whether the answer is an error of the tool or of the protocol. */
  readonly isError: boolean;
  readonly reason: string;
}

export interface RelayGateOptions {
  /** What decides; left out where everything passes, which then is only recorded. */
  readonly policy: EffectivePolicy | undefined;
  /** The name of the server in rules and records. */
  readonly upstream: string;
  readonly halt: HaltGate;
  readonly ledger: LedgerPort;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly mask: (text: string) => string;
  readonly log: (message: string) => void;
}

const toolSchema = z.looseObject({ name: z.string(), inputSchema: z.record(z.string(), z.unknown()) });
const MOST_TOOLS = 5000;
/** Nobody looks at what runs behind a relay: what could touch a deployment counts as if it did. */
const NOBODY_KNOWS: DeploymentState = { running: "unknown", flat: new Set() };

/**
 * The gateway for one server whose names and results stay as they are: policy and durable audit, and with a policy the
 * check of arguments. A tool that nobody knows is `live`. Nobody can approve here: what needs an approval is refused.
 *
 * Invariant: nothing is forwarded before its intent is durable.
 */
export class RelayGate {
  readonly #options: RelayGateOptions;
  readonly #checks = new Map<string, ArgumentsCheck>();
  /** Names that were looked for: a tool that no listing has is not looked for at each call. */
  readonly #sought = new Set<string>();

  constructor(options: RelayGateOptions) {
    this.#options = options;
  }

  /** Learns the schemas of listed tools, so that calls can be checked. */
  listed(tools: readonly unknown[]): void {
    if (this.#options.policy === undefined) return;
    for (const listed of tools) {
      const tool = toolSchema.safeParse(listed);
      if (!tool.success || this.#checks.size >= MOST_TOOLS) continue;
      const { name, inputSchema } = tool.data;
      try {
        this.#checks.set(name, passedArguments(inputSchema, name));
      } catch {
        // A schema that we cannot read is for the server itself to apply.
        this.#checks.delete(name);
      }
    }
  }

  /** Whether the listing has to be seen first, so that a call of this tool can be checked; true once for each name. */
  lacks(name: string): boolean {
    if (this.#options.policy === undefined || this.#checks.has(name) || this.#sought.has(name)) return false;
    if (this.#sought.size >= MOST_TOOLS) return false;
    this.#sought.add(name);
    return true;
  }

  /** Decides about a call, and forwards it or says why not. */
  async call<Answer>(
    call: { readonly name: string; readonly arguments: unknown },
    forward: () => Promise<{ readonly end: RelayedEnd; readonly answer: Answer }>,
  ): Promise<{ readonly refusal: Refusal } | { readonly answer: Answer }> {
    const { newId } = this.#options;
    const judged = { ...call, callId: newId(), class: classOf(call), said: this.#saidIn(call.arguments) };
    const refusal = this.#refusalOf(judged);
    if (refusal !== undefined) {
      await this.#record(judged, { kind: "refusal", result: refusal.code, detail: refusal.message }).catch(
        () => undefined,
      );
      return { refusal };
    }
    try {
      await this.#record(judged, { kind: "intent", result: "", detail: "" });
    } catch (error) {
      return { refusal: unrecorded(error) };
    }
    const { end, answer } = await forward();
    const result = resultOf(end, judged.class);
    // The answer is told while its record is written. A crash in between leaves the intent, which the next start ends as
    // OUTCOME_UNKNOWN: that says less than is true, and never more.
    this.#record(judged, { kind: "outcome", result, detail: end.reason }).catch((error: unknown) => {
      this.#options.log(`outcome ${result} of ${call.name} not recorded: ${String(error)}`);
    });
    return { answer };
  }

  #refusalOf(call: Judged): Refusal | undefined {
    const { policy, upstream, clock, halt } = this.#options;
    const halted = haltRefusal(halt, { class: call.class, account: null, tool: call.name });
    if (halted !== undefined) return halted;
    if (policy === undefined) return undefined;
    const checked = this.#checks.get(call.name)?.(call.arguments ?? {});
    if (checked?.ok === false) return checked.refusal;
    const verdict = decidePolicy(
      {
        principal: "host",
        upstream,
        tool: call.name,
        class: call.class,
        profile: "local",
        account: null,
        symbols: [],
        mode: "none",
        tainted: true,
        composedBy: null,
        at: clock.now(),
      },
      policy,
    );
    if (verdict.kind === "allow") return undefined;
    if (verdict.kind === "deny") return verdict.refusal;
    return {
      code: "APPROVAL_UNAVAILABLE",
      message: `${call.name} (class ${call.class}) needs the approval of an operator, which a relay cannot ask for`,
      remedy: "name the tool in a rule of --policy FILE, or add the server to a desk with `quantwright upstream add`",
    };
  }

  #saidIn(args: unknown): Judged["said"] {
    const { mask } = this.#options;
    return { argumentsHash: argumentsHash(args), arguments: keptCopy(args, mask) };
  }

  async #record(call: Judged, said: Pick<AuditEntry, "kind" | "result" | "detail">): Promise<void> {
    const { ledger, mask, policy } = this.#options;
    await ledger.commit({
      entry: {
        ...said,
        detail: mask(said.detail).slice(0, 2000),
        callId: call.callId,
        parentCallId: null,
        principal: "host",
        tool: mask(call.name).slice(0, 128),
        class: call.class,
        profile: "relay",
        runId: null,
        ...call.said,
        ...(policy === undefined ? {} : { policyVersion: policy.version }),
      },
      // An outcome alone is not worth a write of its own: it goes with the next record, or a moment later.
      ...(said.kind === "outcome" ? { soon: true } : {}),
    });
  }
}

interface Judged {
  readonly name: string;
  readonly arguments: unknown;
  readonly callId: string;
  readonly class: CallClass;
  /** What its records keep of the arguments. */
  readonly said: Pick<AuditEntry, "argumentsHash" | "arguments">;
}

function classOf({ name, arguments: args }: { readonly name: string; readonly arguments: unknown }): CallClass {
  const isObject = args !== null && typeof args === "object" && !Array.isArray(args);
  return classify(name, isObject ? (args as Readonly<Record<string, unknown>>) : {}, NOBODY_KNOWS);
}

function resultOf(end: RelayedEnd, callClass: CallClass): string {
  switch (end.kind) {
    case "answer":
      return end.isError ? "UPSTREAM_REFUSED" : "ok";
    case "refused":
      return callClass === "read" ? "UPSTREAM_REFUSED" : "OUTCOME_UNKNOWN";
    case "cancelled":
      return callClass === "read" || !end.sent ? "CANCELLED" : "OUTCOME_UNKNOWN";
    case "lost":
      if (!end.sent) return "UPSTREAM_UNAVAILABLE";
      return callClass === "read" ? "UPSTREAM_LOST" : "OUTCOME_UNKNOWN";
  }
}

function unrecorded(error: unknown): Refusal {
  if (error instanceof RefusalError) return error.refusal;
  return {
    code: "AUDIT_UNAVAILABLE",
    message: `the call cannot be recorded: ${error instanceof Error ? error.message : String(error)}`,
    remedy: "free disk space or make the data directory writable, then ask again",
    retryable: true,
  };
}
