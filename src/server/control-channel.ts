import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import { z } from "zod";
import { parseJson } from "../domain/parse-json.ts";
import { RefusalError, type Refusal } from "../domain/refusal.ts";

/** One thing that the shell can ask of the desk. `emit` sends intermediate values before the answer. */
export interface ControlMethod {
  readonly params: z.ZodType;
  handle(
    params: unknown,
    context: { readonly signal: AbortSignal; readonly emit: (value: unknown) => void },
  ): Promise<unknown>;
}

/** Defines a method whose parameters have the type of their schema. */
export function controlMethod<Params extends z.ZodType>(
  params: Params,
  handle: (
    params: z.output<Params>,
    context: { readonly signal: AbortSignal; readonly emit: (value: unknown) => void },
  ) => Promise<unknown>,
): ControlMethod {
  return { params, handle: (raw, context) => handle(params.parse(raw), context) };
}

const requestSchema = z.object({ id: z.int(), method: z.string(), params: z.unknown().optional() });
const cancelSchema = z.object({ cancel: z.int() });

/** Serves control requests, one JSON line each, until the stream ends; what is under way is cancelled then. */
export function serveControl(
  stream: Duplex,
  methods: Readonly<Record<string, ControlMethod>>,
  log: (message: string) => void,
): void {
  const running = new Map<number, AbortController>();
  const send = (message: Readonly<Record<string, unknown>>): void => {
    if (stream.writable) stream.write(`${JSON.stringify(message)}\n`);
  };
  const lines = createInterface({ input: stream });
  lines.on("line", (line) => {
    const message = safely(line);
    const cancelled = cancelSchema.safeParse(message);
    if (cancelled.success) {
      running.get(cancelled.data.cancel)?.abort();
      return;
    }
    const request = requestSchema.safeParse(message);
    if (!request.success) return;
    const { id, method, params } = request.data;
    const controller = new AbortController();
    running.set(id, controller);
    void answer(methods, {
      method,
      params: params ?? {},
      signal: controller.signal,
      emit: (event) => send({ id, event }),
    })
      .then((result) => send({ id, result }))
      .catch((error: unknown) => send({ id, refusal: refusalOf(error, log) }))
      .finally(() => running.delete(id));
  });
  lines.on("close", () => {
    for (const controller of running.values()) controller.abort();
  });
  stream.on("error", () => undefined);
}

async function answer(
  methods: Readonly<Record<string, ControlMethod>>,
  request: {
    readonly method: string;
    readonly params: unknown;
    readonly signal: AbortSignal;
    readonly emit: (value: unknown) => void;
  },
): Promise<unknown> {
  const method = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
  if (method === undefined) {
    throw new RefusalError({
      code: "METHOD_UNKNOWN",
      message: `the desk knows no request "${request.method}"`,
      remedy: "stop it with `quantwright down`, so that the next command starts this version",
    });
  }
  return (await method.handle(request.params, request)) ?? null;
}

function refusalOf(error: unknown, log: (message: string) => void): Refusal {
  if (error instanceof RefusalError) return error.refusal;
  if (error instanceof z.ZodError) return { code: "ARGUMENTS_INVALID", message: z.prettifyError(error) };
  log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return {
    code: "INTERNAL_FAULT",
    message: error instanceof Error ? error.message : String(error),
    remedy: "see the desk's log",
  };
}

function safely(line: string): unknown {
  try {
    return parseJson(line);
  } catch {
    return undefined;
  }
}
