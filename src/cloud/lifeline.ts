import { Hono, type Context } from "hono";
import { type Clock, MICROSECONDS_PER_SECOND } from "../domain/clock.ts";
import { authenticationError } from "./authentication.ts";
import type { CloudAccount } from "./ports.ts";

/*
 * A cloud that a desk started lives as long as somebody needs it: a desk, which holds a lifeline, or a live deployment.
 */

/** A desk that restarts comes back within this time. */
const ALONE_SECONDS = 3;
/** The desk that starts a cloud needs longer until it holds its first lifeline. */
const FIRST_SECONDS = 30;
const LOOK_MILLISECONDS = 250;
/** A byte now and then keeps what lies between from closing a connection that seems dead. */
const BEAT_MILLISECONDS = 1000;

export interface LifelineParts {
  readonly account: CloudAccount;
  readonly clock: Clock;
  readonly pid: number;
  /** How many live deployments run. */
  readonly live: () => number;
}

export interface Lifelines extends Disposable {
  /** Answers `/quantwright/lifeline`, which never ends, and `/quantwright/state`; both want the API's credentials. */
  readonly app: Hono;
  /** Resolves when nobody needs the cloud any more. From then on nobody is let in. */
  readonly idle: Promise<void>;
}

/** Counts who holds a lifeline, and sees when nobody does. */
export function openLifelines(parts: LifelineParts): Lifelines {
  const { clock, live, pid } = parts;
  let held = 0;
  let quietSince = clock.now();
  let patience = FIRST_SECONDS;
  let isEnding = false;
  let resolveIdle: () => void = () => undefined;
  const idle = new Promise<void>((resolve) => (resolveIdle = resolve));
  const timer = setInterval(() => {
    const now = clock.now();
    if (held > 0 || live() > 0) quietSince = now;
    else if (now - quietSince >= patience * MICROSECONDS_PER_SECOND) {
      isEnding = true;
      clearInterval(timer);
      resolveIdle();
    }
  }, LOOK_MILLISECONDS);
  const state = (): string => `${JSON.stringify({ pid, live: live() })}\n`;
  const hold = (): void => {
    held += 1;
    patience = ALONE_SECONDS;
  };
  const release = (): void => {
    held -= 1;
    quietSince = clock.now();
  };
  const app = new Hono();
  const admitted =
    (answer: () => Response) =>
    ({ req }: Context): Response => {
      const error = authenticationError(req.raw, parts.account, clock);
      if (error !== undefined) return new Response(`${error}\n`, { status: 401 });
      return isEnding ? new Response("The cloud ends.\n", { status: 503 }) : answer();
    };
  app.get(
    "/quantwright/lifeline",
    admitted(() => new Response(beats(state, { hold, release }))),
  );
  app.get(
    "/quantwright/state",
    admitted(() => new Response(state())),
  );
  return { app, idle, [Symbol.dispose]: () => clearInterval(timer) };
}

/** A line now and then, until the reader goes. */
function beats(
  state: () => string,
  { hold, release }: { readonly hold: () => void; readonly release: () => void },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let timer: NodeJS.Timeout | undefined;
  return new ReadableStream({
    start(controller) {
      hold();
      controller.enqueue(encoder.encode(state()));
      timer = setInterval(() => controller.enqueue(encoder.encode(state())), BEAT_MILLISECONDS);
    },
    cancel() {
      clearInterval(timer);
      release();
    },
  });
}
