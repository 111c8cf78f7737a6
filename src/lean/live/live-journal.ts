import type { Decimal } from "../../domain/decimal.ts";
import type { QcAlgorithm } from "../algorithm/qc-algorithm.ts";
import type { AlgorithmLoop } from "../engine/algorithm-loop.ts";
import { runtimeStatistics } from "../results/compose-result.ts";
import { standardCharts } from "../results/standard-charts.ts";
import { ChartDelta } from "./chart-delta.ts";
import { MOST_LOG_LINES, type LiveOutput } from "./live-protocol.ts";

const MOST_BROADCASTS = 100;

/** What a live run has to say, handed out piece by piece. */
export class LiveJournal {
  readonly #algorithm: QcAlgorithm;
  readonly #launchEquity: Decimal;
  readonly #standard = new ChartDelta();
  readonly #custom = new ChartDelta();
  readonly #broadcasts: Record<string, unknown>[] = [];
  #warnings = 0;
  #samples = -1;
  #statistics = "";

  constructor(algorithm: QcAlgorithm, launchEquity: Decimal) {
    this.#algorithm = algorithm;
    this.#launchEquity = launchEquity;
  }

  /** Keeps a command for the organisation's other algorithms; false where there are too many already. */
  broadcast(command: Record<string, unknown>): boolean {
    if (this.#broadcasts.length >= MOST_BROADCASTS) return false;
    this.#broadcasts.push(command);
    return true;
  }

  /** What is new since the last call; undefined where nothing is. */
  take(loop: AlgorithmLoop | undefined): LiveOutput | undefined {
    const { journal } = this.#algorithm;
    const logs = journal.logs.splice(0, MOST_LOG_LINES);
    const warnings = journal.warnings.slice(this.#warnings);
    this.#warnings = journal.warnings.length;
    const charts = { ...this.#takeStandard(loop), ...this.#takeCustom() };
    const statistics = this.#takeStatistics();
    const broadcasts = this.#broadcasts.splice(0);
    const isEmpty = logs.length + warnings.length + broadcasts.length + Object.keys(charts).length === 0;
    if (isEmpty && statistics === undefined) return undefined;
    return {
      logs,
      warnings,
      charts,
      ...(statistics === undefined ? {} : { runtimeStatistics: statistics }),
      ...(broadcasts.length === 0 ? {} : { broadcasts }),
    };
  }

  /** Whether there are log lines that the last output had no room for. */
  get hasMore(): boolean {
    return this.#algorithm.journal.logs.length > 0;
  }

  #takeStandard(loop: AlgorithmLoop | undefined): LiveOutput["charts"] {
    if (loop === undefined || loop.sampler.equity.length === this.#samples) return {};
    this.#samples = loop.sampler.equity.length;
    const { capacity } = loop.capacity;
    const { Capacity: _left, ...charts } = standardCharts(
      loop.sampler,
      capacity,
      this.#algorithm.portfolio.totalSaleVolume,
    );
    return this.#standard.take(charts);
  }

  /** Points that were told need not be kept: a live run has no end. */
  #takeCustom(): LiveOutput["charts"] {
    const { charts } = this.#algorithm.journal;
    const news = this.#custom.take(charts);
    for (const chart of Object.values(charts)) {
      for (const { values } of Object.values(chart.series)) values.splice(0, values.length - 1);
    }
    return news;
  }

  #takeStatistics(): Record<string, string> | undefined {
    const algorithm = this.#algorithm;
    const figures = {
      ...runtimeStatistics({ algorithm, startCash: this.#launchEquity }),
      ...algorithm.journal.runtimeStatistics,
    };
    const text = JSON.stringify(figures);
    if (text === this.#statistics) return undefined;
    this.#statistics = text;
    return figures;
  }
}
