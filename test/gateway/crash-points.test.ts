import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Approval } from "../../src/domain/approval.ts";
import type { AuditRecord } from "../../src/domain/audit-record.ts";
import { parseJson } from "../../src/domain/parse-json.ts";
import type { ChainVerdict } from "../../src/gateway/audit-chain.ts";
import type { Reservation } from "../../src/gateway/risk/reservation.ts";
import { openAuditHead } from "../../src/store/audit-head.ts";
import { createApprovalStore } from "../../src/store/desk/approval-store.ts";
import { Ledger } from "../../src/store/desk/ledger.ts";
import { createRiskStore } from "../../src/store/desk/risk-store.ts";
import { deskDatabase, steppingClock } from "../store/support/databases.ts";
import { allProcesses, eventually } from "../support/e2e-processes.ts";
import { ACCOUNT } from "./crash/crash-world.ts";

const PROGRAM = fileURLToPath(new URL("crash/desk-program.ts", import.meta.url));
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/quantwright-test/compiled", import.meta.url));
const ALL_POINTS_MILLISECONDS = 400_000;

type Scenario = "write" | "order";

/** Runs the program to its end or to the point at which it kills itself; gives the signal that ended it. */
async function run(folder: string, scenario: Scenario, point: number): Promise<string | null> {
  const child = spawn(process.execPath, [PROGRAM, folder, scenario, String(point)], {
    stdio: ["ignore", "ignore", "pipe"],
    // The first run, which is not killed, fills it: the others need not compile the whole program again.
    env: { ...process.env, NODE_COMPILE_CACHE: CACHE },
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.once("close", (...end) => resolve(end));
  });
  if (code !== 0 && signal !== "SIGKILL") throw new Error(`the program ended with ${String(code)}: ${said}`);
  // Its upstream reads what was sent to it to the end.
  const isOver = await eventually(() => allProcesses().every(({ commandLine }) => !commandLine.includes(folder)));
  if (!isOver) throw new Error("the upstream outlived its program");
  return signal;
}

function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
}

/** What a caller may be told that repeats its call after the restart: done now for the first time, or done before. */
const ENDS: ReadonlySet<string> = new Set(["ok", "FILLED", "DUPLICATE_INTENT", "RISK_DUPLICATE_INTENT"]);

interface Left {
  readonly records: readonly AuditRecord[];
  readonly verdict: ChainVerdict;
  readonly approvals: readonly Approval[];
  readonly reservations: readonly Reservation[];
  readonly effects: readonly string[];
  readonly answers: readonly string[];
}

/** What is there now; heals nothing. */
async function leftIn(folder: string): Promise<Left> {
  const location = { kind: "sqlite", file: join(folder, "desk.db") } as const;
  await using store = await deskDatabase({ location, folder, [Symbol.asyncDispose]: () => Promise.resolve() });
  const { database } = store;
  const headFile = openAuditHead(join(folder, "head.json"));
  const ledger = await Ledger.open({ database, clock: steppingClock(), key: "key", headFile });
  const accounts = await createRiskStore(database).load();
  const own = accounts.find(({ state }) => state.account === ACCOUNT);
  const { answers } = parseJson(linesOf(join(folder, "ends.log")).at(-1) ?? '{"answers":[]}') as Pick<Left, "answers">;
  return {
    records: await ledger.tail(1000),
    verdict: await ledger.verify(),
    approvals: await createApprovalStore(database).list(10),
    reservations: own?.reservations ?? [],
    effects: linesOf(join(folder, "journal")).map((line) => (parseJson(line) as { readonly tool: string }).tool),
    answers,
  };
}

/** Everything that is not as it must be, whatever died when. */
function wrongIn(left: Left, call: { readonly tool: string; readonly effect: string }): string[] {
  const { records, verdict, effects, answers } = left;
  const intents = records.filter(({ kind }) => kind === "intent");
  const outcomes = records.filter(({ kind }) => kind === "outcome");
  const asked = intents.filter(({ tool }) => tool === call.tool);
  const sent = intents.filter(({ tool }) => tool === `qc_${call.effect}`);
  const ends = outcomes
    .filter(({ tool }) => [call.tool, `qc_${call.effect}`].includes(tool))
    .map(({ result }) => result);
  const wrong: string[] = [];
  const must = (holds: boolean, what: string): void => void (holds || wrong.push(what));
  must(verdict.ok, `the chain is broken: ${JSON.stringify(verdict)}`);
  must(effects.length <= 1, `the upstream had it ${effects.length} times`);
  must(effects.length <= sent.length, "it was sent without an intent");
  must(asked.length === 1, `it was recorded ${asked.length} times`);
  must(effects.length === 1 || ends.includes("OUTCOME_UNKNOWN"), "it is lost, and nothing says so");
  for (const { callId, tool } of intents) {
    const own = outcomes.filter((one) => one.callId === callId).length;
    must(own === 1, `the intent of ${tool} has ${own} outcomes`);
  }
  must(ENDS.has(answers.at(-1) ?? ""), `the repetition was answered ${answers.join(", ")}`);
  return wrong;
}

function wrongWithOrder(left: Left, crashed?: Left): string[] {
  const { records, approvals, answers } = left;
  const wrong = wrongIn(left, { tool: "place_order", effect: "create_live_command" });
  const intent = records.find(({ kind, tool }) => kind === "intent" && tool === "place_order");
  const used = approvals.filter(({ state }) => state === "used");
  if (used.length !== 1) wrong.push(`${used.length} approvals were used`);
  if (used[0]?.id !== intent?.approvalId) wrong.push("the intent does not name the approval that was used");
  if (used[0]?.state === "used" && used[0].callId !== intent?.callId)
    wrong.push("the approval was used by another call");
  const keys = left.reservations.map(({ key }) => key).join();
  // What is known to be filled is given back once a later snapshot shows it.
  const isSettled = crashed?.reservations.some(({ stage }) => stage.kind === "ended") === true;
  if (keys !== "once" && !(isSettled && keys === "")) wrong.push(`room is reserved for: ${keys}`);
  if (!answers.includes("FILLED") && !answers.includes("APPROVAL_USED")) wrong.push("the approval could be used again");
  return wrong;
}

describe.runIf(process.platform === "linux")("a desk that is killed", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "qw-crash-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Kills and restarts a program of its own at each point that an undisturbed one passes; two at a time. */
  async function atEachPoint(
    scenario: Scenario,
    judge: (left: Left, crashed?: Left) => string[],
  ): Promise<{ points: string[]; wrong: string[] }> {
    const whole = mkdtempSync(join(folder, "whole-"));
    expect(await run(whole, scenario, 0)).toBeNull();
    const points = linesOf(join(whole, "points.log"));
    const wrong = judge(await leftIn(whole));
    const numbers = points.keys();
    const worker = async (): Promise<void> => {
      for (const index of numbers) {
        const own = mkdtempSync(join(folder, "p-"));
        const where = `killed before "${points[index] ?? ""}" (${index + 1})`;
        if ((await run(own, scenario, index + 1)) !== "SIGKILL") wrong.push(`${where}: it was not killed`);
        const crashed = await leftIn(own);
        if (!crashed.verdict.ok) wrong.push(`${where}: ${JSON.stringify(crashed.verdict)}`);
        await run(own, scenario, 0);
        wrong.push(...judge(await leftIn(own), crashed).map((what) => `${where}: ${what}`));
      }
    };
    await Promise.all([worker(), worker()]);
    return { points, wrong };
  }

  it(
    "between any two durable steps of an approved order sends it at most once, and loses neither record, approval nor room",
    { timeout: ALL_POINTS_MILLISECONDS },
    async () => {
      const { points, wrong } = await atEachPoint("order", wrongWithOrder);
      expect(wrong).toEqual([]);
      // What the kills were between: a point that is gone would be a hole in this test.
      for (const point of [
        "insert approvals",
        "signature",
        "insert risk_reservations",
        "insert intents",
        "head file",
      ]) {
        expect(points).toContain(point);
      }
      expect(points).toContain("send create_live_command");
      expect(points).toContain("sent create_live_command");
    },
  );

  it(
    "between any two durable steps of a write sends it at most once, and records that its outcome is unknown",
    { timeout: ALL_POINTS_MILLISECONDS },
    async () => {
      const judge = (left: Left): string[] => wrongIn(left, { tool: "qc_create_project", effect: "create_project" });
      const { points, wrong } = await atEachPoint("write", judge);
      expect(wrong).toEqual([]);
      expect(points).toEqual([
        "insert audit",
        "insert intents",
        "head file",
        "send create_project",
        "sent create_project",
        ...(points.includes("insert taints") ? ["insert taints"] : []),
        "insert audit",
        "head file",
        "end",
      ]);
    },
  );
});
