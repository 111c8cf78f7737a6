const MOST_EVENTS = 1000;
const MOST_CHARACTERS = 8 * 1024 * 1024;

interface LoggedEvent {
  readonly stream: string;
  readonly number: number;
  readonly text: string;
}

/** The last events of a session, for clients that lost a stream and come back. Old ones go when there are too many. */
export class EventLog {
  #events: LoggedEvent[] = [];
  #characters = 0;
  #last = 0;

  /** Keeps an event and gives its id. */
  add(stream: string, text: string): string {
    this.#last += 1;
    this.#events.push({ stream, number: this.#last, text });
    this.#characters += text.length;
    while (this.#events.length > MOST_EVENTS || this.#characters > MOST_CHARACTERS)
      this.#characters -= this.#events.shift()?.text.length ?? 0;
    return `${stream}_${this.#last}`;
  }

  /** The stream that an event id belongs to, and what came on it later; undefined for what is no id of this log. */
  after(
    eventId: string,
  ): { readonly stream: string; readonly events: readonly { id: string; text: string }[] } | undefined {
    const parts = /^([\w-]+)_(\d+)$/.exec(eventId);
    const [, stream, number] = parts ?? [];
    if (stream === undefined || Number(number) > this.#last) return undefined;
    const later = this.#events.filter((event) => event.stream === stream && event.number > Number(number));
    return {
      stream,
      events: later
        .filter(({ text }) => text !== "")
        .map((event) => ({ id: `${stream}_${event.number}`, text: event.text })),
    };
  }
}
