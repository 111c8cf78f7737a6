/**
 * The gateway over a real store with a real child as its upstream, in a process of its own that kills itself at a given
 * point. Arguments: folder, scenario, number of the point (0: none). Without one the points are written to points.log;
 * how the calls of a program that came to its end were answered is written to ends.log.
 */
import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { placeOrder } from "../../../src/agents/trading/place-order.ts";
import { UpstreamManager } from "../../../src/clients/upstream/upstream-manager.ts";
import type { CallAnswer } from "../../../src/gateway/call-request.ts";
import { openAuditHead } from "../../../src/store/audit-head.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { deskMigrations } from "../../../src/store/desk/migrations.ts";
import { closeOpenIntents } from "../../../src/store/desk/open-intents.ts";
import type { DeskTables } from "../../../src/store/desk/schema.ts";
import { gatewayUnderTest, type GatewayUnderTest } from "../support.ts";
import { watchedDatabase, watchedHead, watchedUpstreams, type Hook } from "./crash-points.ts";
import { keptOperator, paperAccount, PROJECT } from "./crash-world.ts";

const [folder, scenario, at] = z
  .tuple([z.string(), z.enum(["write", "order"]), z.coerce.number().int()])
  .parse(process.argv.slice(2));
const SERVER = fileURLToPath(new URL("counting-server.ts", import.meta.url));

let armed = false;
let passed = 0;
const hook: Hook = (point) => {
  if (!armed) return;
  passed += 1;
  if (at === 0) appendFileSync(join(folder, "points.log"), `${point}\n`);
  if (passed === at) process.kill(process.pid, "SIGKILL");
};

const file = join(folder, "desk.db");
const database = watchedDatabase(await openDatabase<DeskTables>({ kind: "sqlite", file }, deskMigrations), hook);
const server = { name: "quantconnect", command: process.execPath, args: [SERVER, join(folder, "journal")], env: {} };
await using manager = new UpstreamManager([server], {
  registry: { register: () => () => undefined },
  log: () => undefined,
  random: () => 1,
  version: "1",
});
manager.start();
const late: { desk?: GatewayUnderTest } = {};
const skill = placeOrder({
  accounts: {
    view: () => Promise.resolve({ ok: true, value: { ...paperAccount(), asOf: late.desk?.clock.time ?? 0 } }),
  },
  running: () => Promise.resolve("unknown"),
  wait: () => Promise.resolve(),
  pollMilliseconds: 200,
});
await using desk = await gatewayUnderTest({
  skills: [skill],
  deployments: true,
  upstreams: watchedUpstreams(manager, hook),
  ground: {
    folder,
    database,
    headFile: watchedHead(openAuditHead(join(folder, "head.json")), hook),
    newId: () => randomBytes(8).toString("hex"),
    operator: keptOperator(folder),
  },
});
late.desk = desk;
desk.accounts.set(PROJECT, paperAccount());
const recovered = await closeOpenIntents(database, desk.ledger);
// A desk that starts again does so later.
desk.clock.time += 60_000_000 * (1 + desk.ledger.head.count);
armed = true;
const answers = scenario === "write" ? await write() : await order();
hook("end");
appendFileSync(join(folder, "ends.log"), `${JSON.stringify({ recovered, answers })}\n`);

async function write(): Promise<string[]> {
  const { refusal } = await desk.gateway.call({
    principal: "host",
    tool: "qc_create_project",
    arguments: { name: "once", language: "Py" },
    intentId: "once",
  });
  return [refusal?.code ?? "ok"];
}

/** A caller that wants an order by all means: has it approved, repeats it, and asks anew when the approval is used. */
async function order(): Promise<string[]> {
  const codes: string[] = [];
  let approvalId = (await desk.approvals.list(1))[0]?.id;
  for (;;) {
    const { refusal, result } = await buy(approvalId);
    codes.push(refusal?.code ?? z.object({ outcome: z.string() }).parse(result.structuredContent).outcome);
    if (refusal?.code === "APPROVAL_USED" && !codes.includes("APPROVAL_REQUIRED")) approvalId = undefined;
    else if (refusal?.code !== "APPROVAL_REQUIRED" && refusal?.code !== "APPROVAL_PENDING") return codes;
    else approvalId = await approved();
  }
}

async function approved(): Promise<string> {
  const approvalId = (await desk.approvals.list(1))[0]?.id ?? "none";
  hook("signature");
  await desk.approvals.sign(await desk.operator.decide(desk.approvals, approvalId, { at: desk.clock.time }));
  return approvalId;
}

function buy(approvalId: string | undefined): Promise<CallAnswer> {
  return desk.gateway.call({
    principal: "host",
    tool: "place_order",
    arguments: { projectId: PROJECT, symbol: "SPY", side: "buy", quantity: 10 },
    intentId: "once",
    ...(approvalId === undefined ? {} : { approvalId }),
  });
}
