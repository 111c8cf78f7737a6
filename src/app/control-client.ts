import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import { z } from "zod";
import { parseJson } from "../domain/parse-json.ts";
import { RefusalError } from "../domain/refusal.ts";

const messageSchema = z.object({
  id: z.int(),
  result: z.unknown().optional(),
  event: z.unknown().optional(),
  refusal: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }).optional(),
});

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onEvent: ((event: unknown) => void) | undefined;
}

/** The shell's end of a control stream. */
export class ControlClient implements AsyncDisposable {
  readonly #stream: Duplex;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;

  constructor(stream: Duplex) {
    this.#stream = stream;
    const lines = createInterface({ input: stream });
    lines.on("line", (line) => this.#received(line));
    lines.on("close", () => this.#closed());
    stream.on("error", () => undefined);
  }

  /** Asks the desk; `onEvent` gets what comes before the answer. Rejects with the desk's refusal. */
  request(
    method: string,
    params: unknown = {},
    options: { readonly onEvent?: (event: unknown) => void; readonly signal?: AbortSignal } = {},
  ): Promise<unknown> {
    const id = this.#next;
    this.#next += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onEvent: options.onEvent });
      options.signal?.addEventListener("abort", () => this.#stream.write(`${JSON.stringify({ cancel: id })}\n`), {
        once: true,
      });
      this.#stream.write(`${JSON.stringify({ id, method, params })}\n`);
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#stream.destroy();
    return Promise.resolve();
  }

  #received(line: string): void {
    const { id, result, event, refusal } = messageSchema.parse(parseJson(line));
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    if (event !== undefined) {
      waiting.onEvent?.(event);
      return;
    }
    this.#waiting.delete(id);
    if (refusal === undefined) waiting.resolve(result);
    else waiting.reject(new RefusalError(refusal));
  }

  #closed(): void {
    for (const { reject } of this.#waiting.values()) {
      reject(
        new RefusalError({
          code: "DESK_LOST",
          message: "the desk went away before it answered",
          remedy:
            "run the command again: it starts the desk; look up what happened first if the command changes something",
        }),
      );
    }
    this.#waiting.clear();
  }
}
