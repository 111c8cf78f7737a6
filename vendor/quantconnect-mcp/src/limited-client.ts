import { errorsOf, type ApiClient, type ApiReply } from "./api-client.ts";
import { CallLimiter, type LimiterClock } from "./call-limiter.ts";

/** A read that was refused for the number of calls is asked so often in all. */
const MOST_ATTEMPTS = 3;

/** The API's own words for it, with HTTP 200. */
const SLOW_DOWN = /^too many .*requests; please slow down/i;

/**
 * A client that makes no more calls than the service takes.
 *
 * Invariant: what changes something is sent once; only reads are asked again after a refusal.
 * @param ceiling calls a second.
 */
export function limitedClient(inner: ApiClient, ceiling: number, clock: LimiterClock): ApiClient {
  const limiter = new CallLimiter(ceiling, clock);
  return {
    async send(request, signal) {
      const afterMs = Math.min(request.timeoutMs, request.longestWaitMs ?? request.timeoutMs);
      const patience = AbortSignal.timeout(afterMs);
      const waiting = AbortSignal.any([signal, patience]);
      for (let attempt = 1; ; attempt += 1) {
        if (!(await limiter.enter(request.isUrgent === true, waiting))) {
          return signal.aborted ? { kind: "cancelled", neverSent: true } : { kind: "held-back", afterMs };
        }
        const sentAt = clock.now();
        const reply = await inner.send(request, signal);
        if (!isLimited(reply)) {
          if (reply.kind === "answer") limiter.answered();
          return reply;
        }
        limiter.refused(sentAt, reply.kind === "http-error" ? reply.retryAfterMs : undefined);
        if (request.isRepeatable !== true || attempt === MOST_ATTEMPTS) return reply;
      }
    },
  };
}

/** Whether the service refused a call because there were too many; then it did nothing. */
export function isLimited(reply: ApiReply): boolean {
  if (reply.kind === "http-error") return reply.status === 429;
  if (reply.kind !== "answer" || reply.body["success"] !== false) return false;
  return errorsOf(reply.body).some((error) => SLOW_DOWN.test(error));
}
