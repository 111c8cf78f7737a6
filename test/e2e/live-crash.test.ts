import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readServiceRecord } from "../../src/clients/cloud-service/service-record.ts";
import { processStartedAt } from "../../src/clients/process/process-identity.ts";
import { parseJson } from "../../src/domain/parse-json.ts";
import { openVault } from "../../src/store/vault/open-vault.ts";
import { openE2eHome, type E2eHome } from "../support/e2e-home.ts";
import { eventually, familyOf, HAS_PROC, survivors } from "../support/e2e-processes.ts";

/** Trades only what it is told to, and says at each bar how many it has seen. */
const TOLD = `from AlgorithmImports import *


class Told(QCAlgorithm):
    def initialize(self):
        self.set_cash(100000)
        self.add_equity("AAPL", Resolution.MINUTE)
        self.bars = 0

    def on_data(self, data):
        self.bars += 1
        self.log(f"bar {self.bars} since the start, {self.portfolio['AAPL'].quantity} held")
`;
const REPLAY = { Replay: { id: "Replay", start: "2024-03-04", end: "2024-06-30", speed: 60 } };

const answerSchema = z.looseObject({ success: z.boolean(), errors: z.array(z.string()).optional() });
const ordersSchema = z.looseObject({
  orders: z.array(z.looseObject({ id: z.int(), status: z.int(), quantity: z.number() })),
});
const portfolioSchema = z.looseObject({
  portfolio: z.looseObject({ holdings: z.record(z.string(), z.looseObject({ q: z.number() })) }),
});
const FILLED = 3;
const SUBMITTED = 1;
const CANCELED = 5;

/** The cloud of a desk, called as its vendored server calls it. */
class DeskCloud {
  readonly #home: E2eHome;

  constructor(home: E2eHome) {
    this.#home = home;
  }

  get folder(): string {
    return join(this.#home.dataDir, "cloud");
  }

  get pid(): number {
    return readServiceRecord(this.folder)?.pid ?? 0;
  }

  async token(): Promise<string> {
    const { dataDir } = this.#home;
    const { id } = z.object({ id: z.string() }).parse(parseJson(readFileSync(join(dataDir, "desk.json"), "utf8")));
    return (await openVault({ dataDir, id, prefer: "file" }).get("local-cloud/token")) ?? "";
  }

  async call(path: string, body: Readonly<Record<string, unknown>>): Promise<z.infer<typeof answerSchema>> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const hash = createHash("sha256")
      .update(`${await this.token()}:${timestamp}`)
      .digest("hex");
    const response = await fetch(`${readServiceRecord(this.folder)?.url ?? ""}${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: {
        timestamp,
        "content-type": "application/json",
        authorization: `Basic ${Buffer.from(`1:${hash}`).toString("base64")}`,
      },
    });
    return answerSchema.parse(await response.json());
  }

  /** Processes that run algorithms, of any kind. */
  sandboxes(): number[] {
    return familyOf(this.pid)
      .filter(({ commandLine }) => commandLine.includes(join("sandbox", "main.js")))
      .map(({ pid }) => pid);
  }
}

/** Deploys on paper, on a replay. */
async function deploy(home: E2eHome, cloud: DeskCloud): Promise<number> {
  const { projectId } = z
    .looseObject({ projectId: z.int() })
    .parse(await home.call("create_strategy", { name: "told", code: TOLD }));
  const { compileId } = z
    .looseObject({ compileId: z.string() })
    .parse(await cloud.call("/compile/create", { projectId }));
  await expect
    .poll(() => cloud.call("/compile/read", { projectId, compileId }), { timeout: 30_000 })
    .toMatchObject({ state: "BuildSuccess" });
  const { nodes } = z
    .looseObject({ nodes: z.looseObject({ live: z.array(z.looseObject({ id: z.string() })) }) })
    .parse(await cloud.call("/projects/nodes/read", { projectId }));
  const created = await cloud.call("/live/create", {
    projectId,
    compileId,
    nodeId: nodes.live[0]?.id,
    versionId: "-1",
    brokerage: { id: "QuantConnectBrokerage" },
    dataProviders: REPLAY,
  });
  expect(created).toMatchObject({ success: true });
  return projectId;
}

/** One deployment, as it is seen from outside. */
function watch(cloud: DeskCloud, projectId: number) {
  const orders = async (): Promise<Readonly<Record<number, number>>> => {
    const read = ordersSchema.parse(await cloud.call("/live/orders/read", { projectId, start: 0, end: 100 }));
    expect(new Set(read.orders.map(({ id }) => id)).size).toBe(read.orders.length);
    return Object.fromEntries(read.orders.map(({ id, status }) => [id, status]));
  };
  const held = async (): Promise<number> => {
    const { portfolio } = portfolioSchema.parse(await cloud.call("/live/portfolio/read", { projectId }));
    return Object.values(portfolio.holdings).reduce((sum, { q }) => sum + q, 0);
  };
  const logs = async (): Promise<string[]> => {
    const { deployId } = z.looseObject({ deployId: z.string() }).parse(await cloud.call("/live/read", { projectId }));
    const lines: string[] = [];
    for (;;) {
      const page = { startLine: lines.length, endLine: lines.length + 250 };
      const { logs: more } = z
        .looseObject({ logs: z.array(z.string()) })
        .parse(await cloud.call("/live/logs/read", { projectId, algorithmId: deployId, ...page }));
      lines.push(...more);
      if (more.length < 250) return lines;
    }
  };
  /** Orders by a command, once the algorithm runs and has prices. */
  const order = async (fields: Readonly<Record<string, unknown>>): Promise<void> => {
    const command = { $type: "OrderCommand", Ticker: "AAPL", ...fields };
    await expect
      .poll(() => cloud.call("/live/commands/create", { projectId, command }), { timeout: 60_000, interval: 500 })
      .toMatchObject({ quantwright: { result: { success: true } } });
  };
  const status = (): Promise<unknown> => cloud.call("/live/read", { projectId }).then((read) => read["status"]);
  return { orders, held, logs, order, status };
}

const countOf = (lines: readonly string[], text: string): number => lines.filter((line) => line.includes(text)).length;
const outcomeSchema = z.looseObject({ quantwright: z.object({ result: z.looseObject({ success: z.boolean() }) }) });
/** Whether a command was answered, and with success. */
const isPlaced = (answer: Promise<unknown>): Promise<boolean> =>
  answer.then(
    (given) => outcomeSchema.safeParse(given).data?.quantwright.result.success === true,
    () => false,
  );
const slow = { timeout: 60_000, interval: 250 };

describe.skipIf(!HAS_PROC)("a live deployment on a replay (needs /proc)", () => {
  it("goes on after kill -9 of its sandbox, of its cloud and of the desk: no order is lost or doubled", async () => {
    await using home = openE2eHome({ settings: { dataPolicy: "synthetic" } });
    await using _ended = { [Symbol.asyncDispose]: async () => void (await home.run(["down", "--cloud"])) };
    await home.run(["up"]);
    const cloud = new DeskCloud(home);
    const projectId = await deploy(home, cloud);
    const { orders, held, logs, order, status } = watch(cloud, projectId);
    await expect.poll(status, slow).toBe("Running");
    await order({ Quantity: 10 });
    await order({ OrderType: "limit", Quantity: 5, LimitPrice: 1 });
    await expect.poll(orders, slow).toEqual({ 1: FILLED, 2: SUBMITTED });
    expect(await held()).toBe(10);
    // The gateway sees what others deployed: what changes a live project is no plain write.
    const edit = { projectId, name: "main.py", content: "changed = True\n" };
    const edited = await home.run(["tools", "call", "qc_update_file_contents", JSON.stringify(edit), "--json"]);
    expect(edited.code).toBe(4);

    // The sandbox.
    const sandboxes = cloud.sandboxes();
    expect(sandboxes.length).toBeGreaterThan(0);
    for (const pid of sandboxes) process.kill(pid, "SIGKILL");
    await expect.poll(async () => countOf(await logs(), "The algorithm was restarted"), slow).toBe(1);
    expect(countOf(await logs(), "The algorithm's process ended")).toBe(1);
    await order({ Quantity: 20 });
    await expect.poll(orders, slow).toEqual({ 1: FILLED, 2: SUBMITTED, 3: FILLED });
    expect(await held()).toBe(30);

    // The cloud: the desk starts it again, on the same port.
    const [firstCloud, firstUrl] = [cloud.pid, readServiceRecord(cloud.folder)?.url];
    const family = familyOf(firstCloud);
    const command = { $type: "OrderCommand", Ticker: "AAPL", Quantity: 1 };
    // Some orders are under way when it dies: each is there as a whole or not at all.
    const underWay = [1, 2, 3, 4, 5, 6].map(() =>
      isPlaced(cloud.call("/live/commands/create", { projectId, command })),
    );
    await delay(20);
    process.kill(firstCloud, "SIGKILL");
    const acknowledged = (await Promise.all(underWay)).filter((placed) => placed).length;
    expect(await eventually(() => cloud.pid !== firstCloud, 20_000)).toBe(true);
    expect(await survivors(family)).toEqual([]);
    expect(readServiceRecord(cloud.folder)?.url).toBe(firstUrl);
    await expect.poll(async () => countOf(await logs(), "The algorithm was restarted"), slow).toBe(2);
    await expect.poll(async () => Object.values(await orders()).filter((one) => one !== FILLED).length, slow).toBe(1);
    const survived = Object.keys(await orders()).length - 3;
    expect(survived).toBeGreaterThanOrEqual(acknowledged);
    expect(survived).toBeLessThanOrEqual(underWay.length);
    expect(await held()).toBe(30 + survived);
    await order({ Quantity: 30 });
    const fourth = 4 + survived;
    await expect.poll(orders, slow).toMatchObject({ 1: FILLED, 2: SUBMITTED, 3: FILLED, [fourth]: FILLED });
    expect(await held()).toBe(60 + survived);
    expect(await home.call("qc_read_live_algorithm", { projectId })).toMatchObject({ success: true });

    // The desk: the deployment does not even notice, and the next desk takes the cloud over.
    const cloudPid = cloud.pid;
    const desk = await home.status();
    const children = familyOf(desk?.pid ?? 0).filter(({ pid }) => !familyOf(cloudPid).some((one) => one.pid === pid));
    process.kill(desk?.pid ?? 0, "SIGKILL");
    expect(await survivors(children)).toEqual([]);
    const seen = (await logs()).length;
    await expect.poll(async () => (await logs()).length, slow).toBeGreaterThan(seen + 3);
    expect((await home.run(["status", "--json"])).json()).toMatchObject({
      running: false,
      cloud: { pid: cloudPid, live: 1 },
    });
    await home.run(["up"]);
    expect((await home.run(["status", "--json"])).json()).toMatchObject({ cloud: { pid: cloudPid, live: 1 } });
    expect(await home.call("qc_read_live_algorithm", { projectId })).toMatchObject({ status: "Running" });
    await order({ Quantity: 40 });
    await expect.poll(orders, slow).toMatchObject({ 2: SUBMITTED, [fourth]: FILLED, [fourth + 1]: FILLED });
    expect(await held()).toBe(100 + survived);
    expect(countOf(await logs(), "The algorithm was restarted")).toBe(2);

    // `down` leaves it, `down --cloud` does not, and the next desk goes on with it.
    const down = await home.run(["down"]);
    expect(down.out).toContain(`The local cloud goes on: pid ${cloudPid}, 1 live deployment.`);
    expect(processStartedAt(cloudPid)).toBeDefined();
    expect((await home.run(["down", "--cloud", "--json"])).json()).toMatchObject({
      stopped: false,
      cloud: { pid: cloudPid, stopped: true },
    });
    expect(processStartedAt(cloudPid)).toBeUndefined();
    await home.run(["up"]);
    await expect.poll(async () => countOf(await logs(), "The algorithm was restarted"), slow).toBe(3);

    const token = await cloud.token();
    for (const file of ["desk.log", "cloud.log", join("cloud", "service.json")])
      expect(readFileSync(join(home.dataDir, file), "utf8")).not.toContain(token);
    expect(familyOf(process.pid).filter(({ commandLine }) => commandLine.includes(token))).toEqual([]);

    // Commands place an order, and cancel it.
    const cancelled = fourth + 2;
    await order({ OrderType: "limit", Quantity: 7, LimitPrice: 2 });
    await expect.poll(orders, slow).toMatchObject({ [cancelled]: SUBMITTED });
    const cancel = { $type: "CancelOrderCommand", OrderId: cancelled };
    expect(await cloud.call("/live/commands/create", { projectId, command: cancel })).toMatchObject({
      quantwright: { result: { success: true } },
    });
    await expect.poll(orders, slow).toMatchObject({ 2: SUBMITTED, [cancelled]: CANCELED });

    expect(await cloud.call("/live/update/liquidate", { projectId })).toEqual({ success: true });
    expect(await status()).toBe("Liquidated");
    const last = await orders();
    expect(last).toMatchObject({ 1: FILLED, 2: CANCELED, 3: FILLED, [cancelled]: CANCELED, [cancelled + 1]: FILLED });
    expect(Object.keys(last)).toHaveLength(cancelled + 1);
    expect(await held()).toBe(0);

    // With nothing live, the cloud ends with its desk even if that is killed.
    const [lastCloud, lastDesk] = [cloud.pid, (await home.status())?.pid ?? 0];
    process.kill(lastDesk, "SIGKILL");
    expect(await eventually(() => processStartedAt(lastCloud) === undefined, 6000)).toBe(true);
  }, 300_000);
});
