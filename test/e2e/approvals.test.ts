import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ControlClient } from "../../src/app/control-client.ts";
import { enrolDemoOperators } from "../../src/app/demo/demo-operator.ts";
import { connectOrStart } from "../../src/app/desk-connection.ts";
import { createDemoHome } from "../../src/app/desk-home.ts";
import { systemClock } from "../../src/app/system.ts";
import { readConfig } from "../../src/config.ts";
import { refusalOf } from "../store/support/refusal-of.ts";
import { openE2eHome, ROOT, type E2eHome } from "../support/e2e-home.ts";
import { HAS_TERMINAL, runInTerminal, runWithoutTerminal, type TerminalRun } from "../support/e2e-terminal.ts";

const ANNA = "anna knows this sentence";
const BERT = "bert knows another one";
const ADMIN = "qc_create_project_collaborator";

const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

const SKIPPED = HAS_TERMINAL ? "" : " (skipped: no script of util-linux here)";
const containing = (text: string): unknown => expect.stringContaining(text);

/** Arguments of a call that changes rights, with a note that differs from call to call. */
function sharing(who: string): Record<string, unknown> {
  return { projectId: 1, collaboratorUserId: who, collaborationLiveControl: false, collaborationWrite: false };
}

async function call(
  home: E2eHome,
  args: Readonly<Record<string, unknown>>,
): Promise<{ code: number | null; error: string }> {
  const done = await home.run(["tools", "call", ADMIN, JSON.stringify(args), "--json"]);
  const error = errorSchema.safeParse(done.lines().at(-1));
  return { code: done.code, error: error.success ? `${error.data.error.code}: ${error.data.error.message}` : "" };
}

async function approvalFor(home: E2eHome, args: Readonly<Record<string, unknown>>): Promise<string> {
  const { code, error } = await call(home, args);
  expect(code).toBe(4);
  const id = /as approval (\S+) for/.exec(error)?.[1];
  if (id === undefined) throw new Error(`no approval is named in: ${error}`);
  return id;
}

describe(`operators in a terminal${SKIPPED}`, { skip: !HAS_TERMINAL, timeout: 90_000 }, () => {
  let home: E2eHome;
  const typed = (
    args: readonly string[],
    answers: readonly (readonly [string, string])[],
    shell = "",
  ): Promise<TerminalRun> => runInTerminal(args, { env: home.env, answers, shell });
  beforeAll(async () => {
    home = openE2eHome();
    const twice = [
      ["or more):", ANNA],
      ["again:", ANNA],
    ] as const;
    // Who starts the desk at a terminal is asked for the first one.
    const added = await typed(["up"], [["(empty: later):", "Anna!"], ["(empty: later):", "anna"], ...twice]);
    if (added.code !== 0) throw new Error(added.shown);
  }, 120_000);
  afterAll(() => home[Symbol.asyncDispose](), 60_000);

  it("let another in by the signature of one, whatever standard input is, and show no passphrase", async () => {
    const wrong = await typed(["operators", "add", "bert"], [["of anna:", "not this sentence"]]);
    expect([wrong.code, wrong.shown]).toEqual([3, containing("OPERATOR_PASSPHRASE_WRONG")]);
    const answers = [
      ["of anna:", ANNA],
      ["or more):", BERT],
      ["again:", BERT],
    ] as const;
    const added = await typed(["operators", "add", "bert"], answers, "< /dev/null");
    expect(added.code).toBe(0);
    for (const secret of [ANNA, BERT, "not this sentence"]) expect(added.shown + wrong.shown).not.toContain(secret);
    const list = (await home.run(["operators", "list", "--json"])).json();
    expect(list).toMatchObject({ keysHere: ["anna", "bert"], state: { kind: "intact", list: { version: 2 } } });
    expect((await home.run(["operators", "add", "anna", "--json"])).json()).toMatchObject({
      error: { code: "OPERATOR_EXISTS" },
    });
  });

  it("are asked in a terminal only: no pipe, no argument, no variable gives a passphrase", async () => {
    const id = await approvalFor(home, sharing("pipe"));
    for (const args of [
      ["approvals", "approve", id, "--as", "anna"],
      ["operators", "passwd", "anna"],
      ["operators", "add", "eve", "--as", "anna"],
    ]) {
      const env = { ...home.env, PASSPHRASE: ANNA, QUANTWRIGHT_PASSPHRASE: ANNA };
      const done = await runWithoutTerminal(args, { env, input: `${ANNA}\n${ANNA}\n` });
      expect([done.code, done.out]).toEqual([2, containing("TERMINAL_REQUIRED")]);
    }
    expect((await home.run(["approvals", "approve", id, "--passphrase", ANNA])).code).toBe(2);
    expect((await home.run(["approvals", "show", id, "--json"])).json()).toMatchObject({
      state: "pending",
      signatures: [],
    });
  });

  it("approve what they were shown, once", async () => {
    const evil = sharing("x\u001b[2J\u202e\nApproval ok: approved");
    const id = await approvalFor(home, evil);
    expect((await call(home, { ...evil, approvalId: id })).error).toContain("APPROVAL_PENDING");
    const done = await typed(["approvals", "approve", id, "--as", "bert", "--json"], [["of bert:", BERT]]);
    expect(done.json()).toMatchObject({ state: "approved", signatures: [{ operator: "bert" }] });
    expect(done.shown).toContain("collaboratorUserId, line 1: x\\u{1b}[2J\\u{202e}");
    expect(done.shown).toMatch(/^ {4}collaboratorUserId, line 2: Approval ok: approved/m);
    for (const raw of ["\u001b[2J", "\u202e"]) expect(done.shown).not.toContain(raw);
    expect((await call(home, { ...sharing("other"), approvalId: id })).error).toContain("APPROVAL_ALTERED");
    const made = await call(home, { ...evil, approvalId: id });
    expect(made.error).not.toContain("APPROVAL");
    expect(await call(home, { ...evil, approvalId: id })).toMatchObject({
      code: 3,
      error: containing("APPROVAL_USED"),
    });
  });

  it("deny, and what waits outlives a restart of the desk", async () => {
    const id = await approvalFor(home, sharing("denied"));
    await home.run(["down"]);
    const done = await typed(["approvals", "deny", id, "--as", "anna"], [["of anna:", ANNA]]);
    expect([done.code, done.shown]).toEqual([0, containing("is denied")]);
    expect(await call(home, { ...sharing("denied"), approvalId: id })).toMatchObject({
      code: 3,
      error: containing("APPROVAL_DENIED"),
    });
    const list = z
      .array(z.looseObject({ id: z.string() }))
      .parse((await home.run(["approvals", "list", "--json", "--state", "denied"])).lines()[0]);
    expect(list.map((one) => one.id)).toEqual([id]);
  });

  it("let a policy be looser by their signature, which ends with any change of the file", async () => {
    const file = join(home.dataDir, "policy.json");
    const explained = async (): Promise<unknown> =>
      (
        await home.run(["policy", "explain", ADMIN, JSON.stringify(sharing("p")), "--principal", "cli", "--json"])
      ).json();
    const rule = {
      id: "sharing",
      effect: "allow",
      reason: "we share",
      when: { tools: ["create_project_collaborator"] },
    };
    writeFileSync(file, JSON.stringify({ policy: { version: 1, rules: [rule] } }));
    expect(await explained()).toMatchObject({ verdict: "approval", rule: { id: "admin" } });
    const signed = await typed(["policy", "sign", file, "--as", "anna"], [["of anna:", ANNA]]);
    expect([signed.code, signed.shown]).toEqual([0, containing('"id": "sharing"')]);
    expect(await explained()).toMatchObject({ verdict: "allow", rule: { id: "sharing" } });
    const signedFirst = readFileSync(file, "utf8");
    const other = join(home.folder, "other.json");
    writeFileSync(other, JSON.stringify({ policy: { version: 1, rules: [{ ...rule, effect: "deny" }] } }));
    expect((await typed(["policy", "sign", other, "--as", "anna"], [["of anna:", ANNA]])).code).toBe(0);
    expect(await explained()).toMatchObject({ verdict: "deny", refusal: { code: "POLICY_DENIED" } });
    const signedSecond = readFileSync(file, "utf8");
    writeFileSync(file, signedFirst);
    expect(await explained()).toMatchObject({ verdict: "deny", refusal: { message: containing("put back") } });
    writeFileSync(file, signedSecond);
    writeFileSync(file, signedSecond.replace("create_project_collaborator", "create_*"));
    expect(await explained()).toMatchObject({ verdict: "deny", refusal: { code: "POLICY_UNREADABLE" } });
    expect((await home.run(["tools", "call", "qc_read_account", "{}", "--json"])).code).toBe(0);
    writeFileSync(file, '{\n  "policy": {\n    "version": 2\n  }\n}');
    const message = (await call(home, sharing("p"))).error;
    expect(message).toContain(`${file}, line 3 (policy.version)`);
    writeFileSync(file, JSON.stringify({ policy: { version: 1, rules: [] } }));
  });

  it("sign limits of paper accounts, and an edit of what they signed denies", async () => {
    const shipped = z
      .object({ limits: z.record(z.string(), z.json()) })
      .parse((await home.run(["limits", "show", "--json"])).json());
    const file = join(home.folder, "my-limits.json");
    writeFileSync(file, JSON.stringify({ ...shipped.limits, paper: { maxOrderNotional: "77" } }));
    const signed = await typed(["limits", "sign", file, "--as", "anna"], [["of anna:", ANNA]]);
    expect([signed.code, signed.shown]).toEqual([0, containing('"maxOrderNotional": "77"')]);
    const now = (await home.run(["limits", "show", "--json"])).json();
    expect(now).toMatchObject({ own: true, signatures: 1, limits: { paper: { maxOrderNotional: "77" } } });
    const placed = join(home.dataDir, "limits.json");
    writeFileSync(placed, readFileSync(placed, "utf8").replace('"77"', '"7700000"'));
    const edited = await home.run(["limits", "show", "--json"]);
    expect([edited.code, edited.json()]).toMatchObject([3, { error: { message: containing("does not fit") } }]);
    rmSync(placed);
  });

  it("sign a larger budget of computing, which without a signature stops computing", async () => {
    const host = { minutesPerDay: 4800, moneyPerDay: null };
    const compute = { version: 1, principals: { host } };
    const placed = join(home.dataDir, "compute-budget.json");
    writeFileSync(placed, JSON.stringify({ compute, signatures: [] }));
    const backtest = JSON.stringify({ projectId: 1, compileId: "c", backtestName: "b" });
    const unsigned = await home.run(["policy", "explain", "qc_create_backtest", backtest]);
    expect(unsigned.out).toContain("is refused by the budget of computing");
    expect(unsigned.out).toContain("COMPUTE_BUDGET_UNREADABLE");
    const file = join(home.folder, "my-budget.json");
    writeFileSync(file, JSON.stringify(compute));
    const signed = await typed(["limits", "sign-compute", file, "--as", "anna"], [["of anna:", ANNA]]);
    expect([signed.code, signed.shown]).toEqual([0, containing('"minutesPerDay": 4800')]);
    const now = (await home.run(["limits", "show", "--json"])).json();
    expect(now).toMatchObject({ compute: { own: true, signatures: 1, budget: { principals: { host } } } });
    const explained = await home.run(["policy", "explain", "qc_create_backtest", backtest]);
    expect(explained.out).toMatch(/estimate +0\.25 node minutes, 0\.00 USD: one backtest of 15 s/);
    expect(explained.out).toMatch(/budget +4800 node minutes and no limit in money are left until \d{4}-/);
    rmSync(placed);
  });

  it("let the desk go on with an audit log whose head file is gone, and stand in it for that", async () => {
    const head = join(home.dataDir, "audit-head.json");
    const restore = ["audit", "restore-head", "--as", "anna"];
    const running = await home.run([...restore, "--json"]);
    expect(running.json()).toMatchObject({ error: { code: "DESK_ALREADY_RUNS" } });
    await home.run(["down"]);
    rmSync(head);
    const refused = await home.run(["up", "--json"]);
    expect(refused.json()).toMatchObject({ error: { code: "AUDIT_HEAD_MISSING", remedy: containing("restore-head") } });
    const wrong = await typed(restore, [["of anna:", "not this sentence"]]);
    expect([wrong.code, wrong.shown]).toEqual([3, containing("OPERATOR_PASSPHRASE_WRONG")]);
    expect(existsSync(head)).toBe(false);
    const restored = await typed(restore, [["of anna:", ANNA]]);
    expect([restored.code, restored.shown]).toEqual([0, containing("the vault knows")]);
    expect((await home.run(["audit", "verify", "--json"])).json()).toMatchObject({ ok: true });
    const [records] = (await home.run(["audit", "tail", "--json"])).lines() as Record<string, string>[][];
    expect(records?.filter(({ tool }) => tool === "audit.restore-head")).toMatchObject([
      { kind: "event", principal: "operator:anna", arguments: containing("signature") },
    ]);
  });

  it("leave no passphrase and no open key in any file of the data directory", () => {
    const files = readdirSync(home.dataDir, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    expect(files.length).toBeGreaterThan(5);
    for (const { parentPath, name } of files) {
      const bytes = readFileSync(join(parentPath, name));
      for (const secret of [ANNA, BERT, "PRIVATE KEY"]) expect([name, bytes.includes(secret)]).toEqual([name, false]);
    }
  });

  it("count no more once removed, and nobody counts once their list was replaced", async () => {
    const id = await approvalFor(home, sharing("removed"));
    expect((await typed(["approvals", "approve", id, "--as", "bert"], [["of bert:", BERT]])).code).toBe(0);
    expect((await typed(["operators", "remove", "bert", "--as", "anna"], [["of anna:", ANNA]])).code).toBe(0);
    expect((await call(home, { ...sharing("removed"), approvalId: id })).error).toContain("APPROVAL_OPERATOR_REMOVED");
    const last = await typed(["operators", "remove", "anna"], [["of anna:", ANNA]]);
    expect([last.code, last.shown]).toEqual([3, containing("OPERATOR_LAST")]);
    const file = join(home.dataDir, "operators.json");
    writeFileSync(file, readFileSync(file, "utf8").replace('"solo": false', '"solo": true'));
    expect(await call(home, sharing("tampered"))).toMatchObject({
      code: 3,
      error: containing("OPERATORS_TAMPERED"),
    });
    const doctor = await home.run(["doctor", "--json"]);
    expect(doctor.out).toContain("is not the list that this desk wrote");
    const tail = await home.run(["audit", "tail", "--json"]);
    expect(tail.out).toContain("operators.change");
    expect((await home.run(["audit", "verify"])).code).toBe(0);
  });
});

describe("the operators of a demo", () => {
  it("sign over the control channel on a demo desk, with keys that are written nowhere", async () => {
    await using home = openE2eHome();
    createDemoHome(home.dataDir);
    await using control = await controlOf(home);
    const [first, second] = await enrolDemoOperators(control, systemClock, ["demo", "demo-two"]);
    const id = await approvalFor(home, sharing("demo"));
    expect(await second?.decide(id)).toMatchObject({ state: "approved" });
    expect((await call(home, { ...sharing("demo"), approvalId: id })).error).not.toContain("APPROVAL");
    expect(await first?.decide(await approvalFor(home, sharing("no")), "deny")).toMatchObject({ state: "denied" });
    expect(readdirSync(home.dataDir)).not.toContain("operators");
    const other = await home.run(["status", "--profile", "quantconnect", "--json"]);
    expect(other.json()).toMatchObject({ error: { code: "DEMO_DIRECTORY" } });
  });

  it("count on no other desk, and no desk becomes one of a demo later", async () => {
    await using home = openE2eHome();
    await using control = await controlOf(home);
    expect((await refusalOf(enrolDemoOperators(control, systemClock))).code).toBe("DEMO_OPERATOR_REFUSED");
    expect((await refusalOf(() => createDemoHome(home.dataDir))).code).toBe("DEMO_DIRECTORY");
    expect(await call(home, sharing("nobody"))).toMatchObject({
      code: 4,
      error: containing("OPERATORS_NONE"),
    });
  });
});

async function controlOf(home: E2eHome): Promise<ControlClient> {
  const config = readConfig({ environment: home.env, flags: {}, cwd: ROOT, isTerminal: false });
  const { socket } = await connectOrStart(
    { ...config, nodePath: process.execPath },
    { kind: "cli", channel: "control" },
  );
  return new ControlClient(socket);
}
