export interface SseEvent {
  readonly id: string | undefined;
  readonly data: string;
}

/** A stream whose next event is longer than what is kept. */
export class EventTooLongError extends Error {
  constructor(maxBytes: number) {
    super(`an event of more than ${maxBytes} bytes`);
    this.name = "EventTooLongError";
  }
}

/**
 * Reads server-sent events from a stream of bytes. `flow` is awaited before each read: whoever cannot follow holds it.
 * @throws EventTooLongError
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  options: { readonly maxBytes: number; readonly flow: () => Promise<void> },
): AsyncGenerator<SseEvent> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let id: string | undefined;
  let data: string[] = [];
  let parts: string[] = [];
  let kept = 0;
  const take = (line: string): SseEvent | undefined => {
    if (line === "") {
      const event = data.length === 0 && id === undefined ? undefined : { id, data: data.join("\n") };
      id = undefined;
      data = [];
      kept = 0;
      return event;
    }
    const [, field, value = ""] = /^([^:]*)(?::[ ]?([\s\S]*))?$/.exec(line) ?? [];
    if (field === "data") data.push(value);
    else if (field === "id") id = value;
    return undefined;
  };
  try {
    for (;;) {
      await options.flow();
      const next = await reader.read();
      if (next.done) return;
      const lines = decoder.decode(next.value, { stream: true }).split("\n");
      kept += next.value.byteLength;
      if (kept > options.maxBytes + next.value.byteLength) throw new EventTooLongError(options.maxBytes);
      for (const [index, part] of lines.entries()) {
        parts.push(part);
        if (index === lines.length - 1) break;
        const event = take(parts.join("").replace(/\r$/, ""));
        parts = [];
        if (event !== undefined) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
