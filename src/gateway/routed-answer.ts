import type { Envelope } from "../domain/envelope.ts";
import type { UpstreamOutcome } from "./upstream-port.ts";

type Answered = Extract<UpstreamOutcome, { kind: "answered" }>;

/** What an envelope says of an answer that one of several upstreams gave. */
export function answeredBy({ routed }: Answered, upstream: string): Pick<Envelope, "source" | "fallbackFor"> {
  if (routed === undefined) return { source: upstream };
  const { by, insteadOf } = routed;
  return { source: by, ...(insteadOf.length === 0 ? {} : { fallbackFor: [...insteadOf] }) };
}

/** Who was asked and how that ended, for the audit log; empty where there was no choice. */
export function attemptsText({ routed }: Answered): string {
  return (routed?.attempts ?? []).map(({ upstream, end }) => `${upstream}: ${end}`).join("; ");
}
