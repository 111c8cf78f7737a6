import { join } from "node:path";
import type { Kysely, Selectable, Transaction } from "kysely";
import { z } from "zod";
import { orderRecordSchema, type OrderRecord } from "../../../lean/backtest-result.ts";
import { brokerStateSchema, type BrokerState } from "../../../lean/brokerages/broker-protocol.ts";
import { openDatabase } from "../../database.ts";
import { liveMigrations, type LiveTables } from "./live-schema.ts";
import { insightSchema, pointValuesSchema, statusSchema, termsSchema } from "./live-record.ts";
import type { StoredDeployment, StoredInsight, StoredOutput, StoredPage, StoredPoint, Terms } from "./live-record.ts";

type Range = { readonly start: number; readonly end: number };
type StoredStatus = z.infer<typeof statusSchema>;

const ENDED = ["Stopped", "Liquidated", "RuntimeError", "DeployError"];

/** Live deployments and all they leave, in a database of their own; a commit is durable when it resolves. */
export class LiveStore implements AsyncDisposable {
  readonly #database: Kysely<LiveTables>;

  constructor(database: Kysely<LiveTables>) {
    this.#database = database;
  }

  async create(deployment: StoredDeployment, files: Readonly<Record<string, string>>): Promise<void> {
    const { status, launched, stopped, error, stacktrace, ...terms } = deployment;
    await this.#database
      .insertInto("deployments")
      .values({
        deploy_id: deployment.deployId,
        project_id: deployment.projectId,
        terms: JSON.stringify(terms satisfies Terms),
        files: JSON.stringify(files),
        status,
        launched,
        stopped: stopped ?? null,
        error: error ?? null,
        stacktrace: stacktrace ?? null,
        broker_state: null,
        launch_equity: null,
        statistics: "{}",
      })
      .execute();
  }

  async byId(deployId: string): Promise<StoredDeployment | undefined> {
    const row = await this.#rows().where("deploy_id", "=", deployId).executeTakeFirst();
    return row === undefined ? undefined : deploymentOf(row);
  }

  async ofProject(projectId: number): Promise<StoredDeployment | undefined> {
    const row = await this.#rows()
      .where("project_id", "=", projectId)
      .orderBy("launched", "desc")
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? undefined : deploymentOf(row);
  }

  async list(filter: { readonly projectId?: number; readonly status?: StoredStatus }): Promise<StoredDeployment[]> {
    let query = this.#rows();
    if (filter.projectId !== undefined) query = query.where("project_id", "=", filter.projectId);
    if (filter.status !== undefined) query = query.where("status", "=", filter.status);
    const rows = await query.orderBy("launched", "desc").orderBy("deploy_id").execute();
    return rows.map(deploymentOf);
  }

  async active(): Promise<StoredDeployment[]> {
    const rows = await this.#rows().where("status", "not in", ENDED).orderBy("launched").execute();
    return rows.map(deploymentOf);
  }

  async files(deployId: string): Promise<Record<string, string>> {
    const { files } = await this.#database
      .selectFrom("deployments")
      .select("files")
      .where("deploy_id", "=", deployId)
      .executeTakeFirstOrThrow();
    return z.record(z.string(), z.string()).parse(JSON.parse(files));
  }

  async change(
    deployId: string,
    change: Pick<StoredDeployment, "status" | "stopped" | "error" | "stacktrace">,
  ): Promise<void> {
    await this.#database
      .updateTable("deployments")
      .set({
        status: change.status,
        stopped: change.stopped ?? null,
        error: change.error ?? null,
        stacktrace: change.stacktrace ?? null,
      })
      .where("deploy_id", "=", deployId)
      .execute();
  }

  async brokerState(
    deployId: string,
  ): Promise<{ readonly state: BrokerState; readonly launchEquity: string } | undefined> {
    const row = await this.#database
      .selectFrom("deployments")
      .select(["broker_state", "launch_equity"])
      .where("deploy_id", "=", deployId)
      .executeTakeFirst();
    if (row === undefined || row.broker_state === null) return undefined;
    return { state: brokerStateSchema.parse(JSON.parse(row.broker_state)), launchEquity: row.launch_equity ?? "0" };
  }

  async commit(
    deployId: string,
    journal: {
      readonly state: BrokerState;
      readonly orders: readonly OrderRecord[];
      readonly launchEquity: string;
    },
  ): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      await transaction
        .updateTable("deployments")
        .set({ broker_state: JSON.stringify(journal.state), launch_equity: journal.launchEquity })
        .where("deploy_id", "=", deployId)
        .execute();
      for (const order of journal.orders) {
        const record = JSON.stringify(order);
        await transaction
          .insertInto("live_orders")
          .values({ deploy_id: deployId, order_id: order.id, record })
          .onConflict((conflict) => conflict.columns(["deploy_id", "order_id"]).doUpdateSet({ record }))
          .execute();
      }
    });
  }

  async append(deployId: string, output: StoredOutput): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      await appendLogs(transaction, deployId, output.logs ?? []);
      await appendPoints(transaction, deployId, output.points ?? []);
      await appendInsights(transaction, deployId, output.insights ?? []);
      if (output.statistics === undefined) return;
      await transaction
        .updateTable("deployments")
        .set({ statistics: JSON.stringify(output.statistics) })
        .where("deploy_id", "=", deployId)
        .execute();
    });
  }

  async logs(deployId: string, range: Range & { readonly query?: string }): Promise<StoredPage<string>> {
    let found = this.#database.selectFrom("live_logs").where("deploy_id", "=", deployId);
    const wanted = range.query?.toLowerCase() ?? "";
    if (wanted !== "")
      found = found.where((where) =>
        where(where.fn("instr", [where.fn("lower", ["text"]), where.val(wanted)]), ">", 0),
      );
    const { length } = await found.select(({ fn }) => fn.countAll<number>().as("length")).executeTakeFirstOrThrow();
    const rows = await found
      .select("text")
      .orderBy("line")
      .limit(range.end - range.start)
      .offset(range.start)
      .execute();
    return { items: rows.map(({ text }) => text), length };
  }

  async orders(deployId: string, { start, end }: Range): Promise<StoredPage<OrderRecord>> {
    const all = this.#database.selectFrom("live_orders").where("deploy_id", "=", deployId);
    const { length } = await all.select(({ fn }) => fn.countAll<number>().as("length")).executeTakeFirstOrThrow();
    const rows = await all
      .select("record")
      .orderBy("order_id")
      .limit(end - start)
      .offset(start)
      .execute();
    return { items: rows.map(({ record }) => orderRecordSchema.parse(JSON.parse(record))), length };
  }

  async insights(deployId: string, { start, end }: Range): Promise<StoredPage<StoredInsight>> {
    const all = this.#database.selectFrom("live_insights").where("deploy_id", "=", deployId);
    const { length } = await all.select(({ fn }) => fn.countAll<number>().as("length")).executeTakeFirstOrThrow();
    const rows = await all
      .select("record")
      .orderBy("position")
      .limit(end - start)
      .offset(start)
      .execute();
    return { items: rows.map(({ record }) => insightSchema.parse(JSON.parse(record))), length };
  }

  async chartNames(deployId: string): Promise<string[]> {
    const rows = await this.#database
      .selectFrom("live_series")
      .select("chart")
      .distinct()
      .where("deploy_id", "=", deployId)
      .orderBy("chart")
      .execute();
    return rows.map(({ chart }) => chart);
  }

  async chart(deployId: string, name: string, { start, end }: Range): Promise<StoredPoint[] | undefined> {
    const series = await this.#database
      .selectFrom("live_series")
      .selectAll()
      .where("deploy_id", "=", deployId)
      .where("chart", "=", name)
      .execute();
    if (series.length === 0) return undefined;
    const known = new Map(series.map((row) => [row.series, row]));
    const rows = await this.#database
      .selectFrom("live_points")
      .select(["series", "values"])
      .where("deploy_id", "=", deployId)
      .where("chart", "=", name)
      .where("at", ">=", start)
      .where("at", "<=", end)
      .orderBy("at")
      .execute();
    return rows.map((row): StoredPoint => {
      const owner = known.get(row.series);
      return {
        chart: name,
        series: row.series,
        unit: owner?.unit ?? "",
        index: owner?.position ?? 0,
        seriesType: owner?.series_type ?? 0,
        values: pointValuesSchema.parse(JSON.parse(row.values)),
      };
    });
  }

  async statistics(deployId: string): Promise<Record<string, string>> {
    const row = await this.#database
      .selectFrom("deployments")
      .select("statistics")
      .where("deploy_id", "=", deployId)
      .executeTakeFirst();
    return z.record(z.string(), z.string()).parse(JSON.parse(row?.statistics ?? "{}"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database.destroy();
  }

  #rows() {
    return this.#database
      .selectFrom("deployments")
      .select(["terms", "status", "launched", "stopped", "error", "stacktrace"]);
  }
}

/** Opens `live.db` in the cloud's folder. @throws RefusalError `STORE_UNAVAILABLE`. */
export async function openLiveStore(folder: string): Promise<LiveStore> {
  return new LiveStore(
    await openDatabase<LiveTables>({ kind: "sqlite", file: join(folder, "live.db") }, liveMigrations),
  );
}

type Row = Pick<
  Selectable<LiveTables["deployments"]>,
  "terms" | "status" | "launched" | "stopped" | "error" | "stacktrace"
>;

function deploymentOf(row: Row): StoredDeployment {
  const terms = termsSchema.parse(JSON.parse(row.terms));
  return {
    ...terms,
    simulation: terms.simulation,
    status: statusSchema.parse(row.status),
    launched: row.launched,
    stopped: row.stopped ?? undefined,
    error: row.error ?? undefined,
    stacktrace: row.stacktrace ?? undefined,
  };
}

async function appendLogs(to: Transaction<LiveTables>, deployId: string, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  const last = await to
    .selectFrom("live_logs")
    .select(({ fn }) => fn.max("line").as("line"))
    .where("deploy_id", "=", deployId)
    .executeTakeFirst();
  const first = (last?.line ?? -1) + 1;
  for (const [at, text] of lines.entries()) {
    await to
      .insertInto("live_logs")
      .values({ deploy_id: deployId, line: first + at, text })
      .execute();
  }
}

async function appendPoints(
  to: Transaction<LiveTables>,
  deployId: string,
  points: readonly StoredPoint[],
): Promise<void> {
  const seen = new Set<string>();
  for (const { chart, series, unit, index, seriesType, values } of points) {
    if (!seen.has(`${chart}\0${series}`)) {
      seen.add(`${chart}\0${series}`);
      await to
        .insertInto("live_series")
        .values({ deploy_id: deployId, chart, series, unit, position: index, series_type: seriesType })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    const text = JSON.stringify(values);
    await to
      .insertInto("live_points")
      .values({ deploy_id: deployId, chart, series, at: values[0] ?? 0, values: text })
      .onConflict((conflict) => conflict.columns(["deploy_id", "chart", "series", "at"]).doUpdateSet({ values: text }))
      .execute();
  }
}

async function appendInsights(
  to: Transaction<LiveTables>,
  deployId: string,
  insights: readonly StoredInsight[],
): Promise<void> {
  if (insights.length === 0) return;
  const last = await to
    .selectFrom("live_insights")
    .select(({ fn }) => fn.max("position").as("position"))
    .where("deploy_id", "=", deployId)
    .executeTakeFirst();
  const first = (last?.position ?? -1) + 1;
  for (const [at, insight] of insights.entries()) {
    const record = JSON.stringify(insight);
    await to
      .insertInto("live_insights")
      .values({ deploy_id: deployId, insight_id: insight.id, position: first + at, record })
      .onConflict((conflict) => conflict.columns(["deploy_id", "insight_id"]).doUpdateSet({ record }))
      .execute();
  }
}
