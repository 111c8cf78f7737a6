import { setImmediate } from "node:timers/promises";
import type { LiveOutput } from "../../lean/live/live-protocol.ts";
import { noteLine, pointsOf } from "./live-lines.ts";
import type { LiveParts } from "./live-parts.ts";
import type { LiveInsight, StoredOutput } from "./live-store-port.ts";
import { OutputBudget } from "./output-budget.ts";
import { SerialQueue } from "./serial-queue.ts";

/** So many at once, that others are answered in between. */
const POINTS_AT_ONCE = 500;

/** What one deployment leaves behind: lines, points, figures and insights, stored in their order. */
export class LiveOutputs {
  readonly #parts: Pick<LiveParts, "store" | "clock" | "log">;
  readonly #deployId: string;
  readonly #queue = new SerialQueue();
  readonly #budget = new OutputBudget();

  constructor(parts: Pick<LiveParts, "store" | "clock" | "log">, deployId: string) {
    this.#parts = parts;
    this.#deployId = deployId;
  }

  /** Writes a line of the cloud's own into the log. */
  note(text: string): void {
    this.#keep({ logs: [noteLine(this.#parts.clock.now(), text)] });
  }

  /** Takes what the algorithm has put out, as far as its budget goes. */
  put(output: LiveOutput): void {
    const now = this.#parts.clock.now();
    const { kept, isFirst } = this.#budget.take(output, now);
    if (isFirst) this.note("The algorithm writes too much: for up to an hour its lines and points are left out.");
    const warnings = kept.warnings.map(({ code, message }) => noteLine(now, `Warning ${code}: ${message}`));
    this.#keep({
      logs: [...kept.logs, ...warnings],
      ...(kept.runtimeStatistics === undefined ? {} : { statistics: kept.runtimeStatistics }),
      insights: (kept.insights ?? []).filter((insight): insight is LiveInsight => typeof insight["id"] === "string"),
    });
    const points = pointsOf(kept.charts);
    for (let from = 0; from < points.length; from += POINTS_AT_ONCE) {
      this.#keep({ points: points.slice(from, from + POINTS_AT_ONCE) });
    }
  }

  /** Resolves when everything so far is stored, or lost and said to be. */
  async idle(): Promise<void> {
    await this.#queue.idle();
  }

  #keep(output: StoredOutput): void {
    this.#queue
      .run(async () => {
        await this.#parts.store.append(this.#deployId, output);
        await setImmediate();
      })
      .catch((error: unknown) =>
        this.#parts.log("live.output-lost", {
          deployId: this.#deployId,
          message: error instanceof Error ? error.message : String(error),
        }),
      );
  }
}
