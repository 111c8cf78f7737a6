import type { Decimal } from "../../domain/decimal.ts";
import type { QcAlgorithm } from "../algorithm/qc-algorithm.ts";
import type { AlgorithmLoop } from "../engine/algorithm-loop.ts";
import type { InsightRecord } from "../results/insight-record.ts";
import { runtimeStatistics } from "../results/compose-result.ts";
import { standardCharts } from "../results/standard-charts.ts";
import { ChartDelta } from "./chart-delta.ts";
import { MOST_INSIGHTS, MOST_LOG_LINES, type LiveOutput } from "./live-protocol.ts";

const MOST_BROADCASTS = 100;
const MICROS_PER_SECOND = 1_000_000;

/** What a live run has to say, handed out piece by piece. */
export class LiveJournal {
  readonly #algorithm: QcAlgorithm;
  readonly #launchEquity: Decimal;
  readonly #standard = new ChartDelta();
  readonly #custom = new ChartDelta();
  /** Those that were told and are not over. */
  readonly #insights = new Map<string, InsightRecord>();
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
    const logs = journal.takeLogs(MOST_LOG_LINES);
    const warnings = journal.warnings.slice(this.#warnings);
    this.#warnings = journal.warnings.length;
    const charts = { ...this.#takeStandard(loop), ...this.#takeCustom() };
    const statistics = this.#takeStatistics();
    const broadcasts = this.#broadcasts.splice(0);
    const insights = this.#takeInsights();
    const lists = [logs, warnings, broadcasts, insights, Object.keys(charts)];
    const isEmpty = lists.every((list) => list.length === 0);
    if (isEmpty && statistics === undefined) return undefined;
    return {
      logs,
      warnings,
      charts,
      ...(statistics === undefined ? {} : { runtimeStatistics: statistics }),
      ...(broadcasts.length === 0 ? {} : { broadcasts }),
      ...(insights.length === 0 ? {} : { insights }),
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

  /** Insights that are new or changed; those that are over are forgotten. */
  #takeInsights(): InsightRecord[] {
    const { insights } = this.#algorithm.journal;
    if (insights.length === 0) return [];
    const now = this.#algorithm.clock.utc / MICROS_PER_SECOND;
    const news = insights.filter((insight) => this.#insights.get(insight.id) !== insight).slice(0, MOST_INSIGHTS);
    for (const insight of news) this.#insights.set(insight.id, insight);
    for (let place = insights.length - 1; place >= 0; place -= 1) {
      const insight = insights[place];
      if (insight === undefined || insight.closeTime > now || this.#insights.get(insight.id) !== insight) continue;
      insights.splice(place, 1);
      this.#insights.delete(insight.id);
    }
    return news;
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
