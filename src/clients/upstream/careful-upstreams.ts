import { setTimeout as delay } from "node:timers/promises";
import { canonicalJson } from "../../domain/canonical-json.ts";
import type { UpstreamCall, UpstreamOutcome, Upstreams } from "../../gateway/upstream-port.ts";
import { CallAllowance } from "./call-allowance.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import { ResultCache } from "./result-cache.ts";

/** How carefully one upstream is used. */
export interface UpstreamCare {
  readonly callsPerMinute?: number | undefined;
  /** How long answers to reads are kept; not at all where it is not given. */
  readonly cacheSeconds?: number | undefined;
}

export interface CarefulOptions {
  /** Undefined for the desk's own: what reduces risk goes through it, and waits for nothing. */
  readonly careOf: (upstream: string) => UpstreamCare | undefined;
  /** Whether a call changes nothing, so that it may be made twice. */
  readonly isRead: (upstream: string, tool: string) => boolean;
  /** Milliseconds. */
  readonly now: () => number;
}

interface Guards {
  readonly form: string;
  readonly breaker: CircuitBreaker | undefined;
  readonly allowance: CallAllowance | undefined;
  readonly cache: ResultCache | undefined;
}

const FAILURES = 5;
const REST_MILLISECONDS = 15_000;
const RETRY_MILLISECONDS = 150;

/**
 * Upstreams with care: a read that was lost is asked once more, a server that fails again and again is left alone for a
 * while, no more calls are made than it was promised, and reads may be answered from what was answered before.
 *
 * Invariant: what is not a read is sent at most once, never answered from what is kept, and not held back because others
 * failed.
 */
export function carefulUpstreams(inner: Upstreams, options: CarefulOptions): Upstreams {
  const guards = new Map<string, Guards>();
  const guardsOf = (upstream: string): Guards => {
    const care = options.careOf(upstream);
    const form = canonicalJson([care?.callsPerMinute ?? null, care?.cacheSeconds ?? null, care === undefined]);
    const known = guards.get(upstream);
    if (known?.form === form) return known;
    const fresh = newGuards(care, form);
    guards.set(upstream, fresh);
    return fresh;
  };
  return {
    tools: (upstream) => inner.tools(upstream),
    readResource: (upstream, uri) => inner.readResource(upstream, uri),
    status: () => inner.status(),
    restart: (upstream) => inner.restart(upstream),
    onToolsChanged: (listener) => inner.onToolsChanged(listener),
    call: (call) => {
      const own = guardsOf(call.upstream);
      return options.isRead(call.upstream, call.tool)
        ? readOnce(inner, call, { ...own, ...options })
        : writeOnce(inner, call, { ...own, ...options });
    },
  };
}

type Parts = Guards & CarefulOptions;

async function writeOnce(inner: Upstreams, call: UpstreamCall, parts: Parts): Promise<UpstreamOutcome> {
  parts.cache?.clear();
  try {
    return await guarded(inner, call, { ...parts, breaker: undefined });
  } finally {
    // Reads that were asked while it was under way may have seen the state before it.
    parts.cache?.clear();
  }
}

async function readOnce(inner: Upstreams, call: UpstreamCall, parts: Parts): Promise<UpstreamOutcome> {
  const { cache, now } = parts;
  const key = `${call.tool} ${canonicalJson(call.arguments)}`;
  const known = cache?.get(key, now());
  if (known !== undefined) return { kind: "answered", ...known };
  const generation = cache?.generation ?? 0;
  const first = await guarded(inner, call, parts);
  const outcome = isWorthAnother(first, call) ? await again(inner, call, parts) : first;
  if (outcome.kind === "answered") cache?.put(key, { result: outcome.result, at: now(), generation });
  return outcome;
}

/** Who waited the whole time once does not wait for it again. */
function isWorthAnother(outcome: UpstreamOutcome, { signal }: UpstreamCall): boolean {
  return outcome.kind === "lost" && outcome.sent && !outcome.timedOut && signal?.aborted !== true;
}

async function again(inner: Upstreams, call: UpstreamCall, parts: Parts): Promise<UpstreamOutcome> {
  await delay(RETRY_MILLISECONDS, undefined, { ref: false });
  return guarded(inner, call, parts);
}

async function guarded(inner: Upstreams, call: UpstreamCall, parts: Parts): Promise<UpstreamOutcome> {
  const { breaker, allowance, now } = parts;
  if (allowance?.take(now()) === false) return notSent("it was promised fewer calls a minute; wait a little");
  if (breaker?.enter(now()) === false) return notSent("it failed again and again; it is left alone for a while");
  let end: "answered" | "failed" | "neither" = "failed";
  try {
    const outcome = await inner.call(call);
    const isCancelled = outcome.kind === "lost" && call.signal?.aborted === true;
    end = isCancelled ? "neither" : outcome.kind === "answered" ? "answered" : "failed";
    return outcome;
  } finally {
    breaker?.leave(now(), end);
  }
}

function notSent(reason: string): UpstreamOutcome {
  return { kind: "lost", sent: false, timedOut: false, reason };
}

function newGuards(care: UpstreamCare | undefined, form: string): Guards {
  const { callsPerMinute, cacheSeconds } = care ?? {};
  return {
    form,
    breaker: care && new CircuitBreaker({ failures: FAILURES, restMilliseconds: REST_MILLISECONDS }),
    allowance: callsPerMinute === undefined ? undefined : new CallAllowance(callsPerMinute),
    cache: cacheSeconds === undefined ? undefined : new ResultCache(cacheSeconds * 1000),
  };
}
