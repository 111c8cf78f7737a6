import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTradingHome, type PaperDeployment, type TradingHome } from "../support/e2e-trading.ts";

describe("a halt", () => {
  let home: TradingHome;
  let deployment: PaperDeployment;
  beforeEach(async () => {
    home = await openTradingHome();
    deployment = await home.deploy();
    const { outcome } = await home.buy(deployment, 10);
    if (outcome !== "FILLED") throw new Error(`the first order is ${String(outcome)}`);
  }, 120_000);
  afterEach(() => home[Symbol.asyncDispose](), 60_000);

  const halt = (...more: string[]) => home.run(["halt", "--json", ...more]);
  const order = (side: string) =>
    home.refused("place_order", { projectId: deployment.projectId, symbol: "AAPL", side, quantity: 1 });
  const positions = async (): Promise<unknown> =>
    (await home.call("get_positions", { projectId: deployment.projectId }))["accounts"];

  it("closes the gate, cancels and lets nothing open, until an operator opens it; deleting the file does not", async () => {
    const halted = await halt("--reason", "a drill");
    expect([halted.code, halted.json()]).toMatchObject([
      0,
      { confirmed: true, gate: "closed", desk: "latched", accounts: [{ state: { kind: "ORDERS_CANCELLED" } }] },
    ]);
    expect((await order("buy")).code).toBe("HALTED");
    expect((await home.run(["status"])).out).toMatch(
      /HALTED +since \S+ by quantwright halt: a drill \(`quantwright rearm`/,
    );
    expect(await positions()).toMatchObject([{ positions: [{ symbol: "AAPL", quantity: "10" }] }]);
    rmSync(join(home.dataDir, "HALT"));
    expect((await order("buy")).code).toBe("HALTED");
    await home.run(["down"]);
    await home.run(["up"]);
    expect((await order("buy")).code).toBe("HALTED");
    const refused = await home.run(["rearm", "--json"]);
    expect(refused.code).not.toBe(0);
    expect((await order("buy")).code).toBe("HALTED");
    // Whoever may call may close what is left.
    expect(await home.call("qc_liquidate_live_algorithm", { projectId: deployment.projectId })).toBeDefined();
  }, 120_000);

  it("flattens with the desk stopped, and the desk is halted when it wakes", async () => {
    const desk = await home.status();
    if (desk === undefined) throw new Error("no desk runs");
    process.kill(desk.pid, "SIGSTOP");
    try {
      const halted = await halt("--flatten");
      expect([halted.code, halted.json()]).toMatchObject([
        0,
        { confirmed: true, desk: "silent", accounts: [{ state: { kind: "FLAT" } }] },
      ]);
    } finally {
      process.kill(desk.pid, "SIGCONT");
    }
    await expect.poll(async () => (await order("buy")).code, { timeout: 10_000 }).toMatch(/HALTED|ACCOUNT_UNAVAILABLE/);
    rmSync(join(home.dataDir, "HALT"), { force: true });
    expect((await home.refused("qc_create_live_algorithm", deployment.request)).code).toBe("HALTED");
  }, 120_000);

  it("flattens with the desk gone and its database locked, and the next desk is halted though the file is deleted", async () => {
    const desk = await home.status();
    if (desk === undefined) throw new Error("no desk runs");
    process.kill(desk.pid, "SIGKILL");
    using locked = new DatabaseSync(join(home.dataDir, "desk.db"));
    locked.exec("BEGIN EXCLUSIVE");
    const halted = await halt("--flatten");
    expect([halted.code, halted.json()]).toMatchObject([
      0,
      { confirmed: true, accounts: [{ state: { kind: "FLAT" } }] },
    ]);
    locked.exec("ROLLBACK");
    rmSync(join(home.dataDir, "HALT"));
    await home.run(["up"]);
    expect((await home.refused("qc_create_live_algorithm", deployment.request)).code).toBe("HALTED");
  }, 120_000);

  it("is done by a file that anybody makes, and its end is the operators' alone", async () => {
    writeFileSync(join(home.dataDir, "HALT"), "");
    expect((await order("buy")).code).toBe("HALTED");
    rmSync(join(home.dataDir, "HALT"), { force: true });
    expect((await order("buy")).code).toBe("HALTED");
    expect(existsSync(join(home.dataDir, "HALT"))).toBe(false);
  }, 120_000);

  it("is a tool that any caller has, for one account too, and no missing word stops it", async () => {
    const { projectId } = deployment;
    expect(await home.call("halt_trading", { projectId, flatten: true })).toMatchObject({
      confirmed: true,
      accounts: [{ deployId: deployment.deployId, state: "FLAT" }],
    });
    // Whoever looks sees that it is this account.
    const { deployId } = deployment;
    expect(await home.call("desk_status")).toMatchObject({ halts: [{ target: deployId }] });
    const line = `HALTED     account ${deployId} since `;
    expect((await home.run(["status"])).out).toContain(line);
    const { out } = await home.run(["doctor", "--json"]);
    expect(out).toContain(`halted for account ${deployId} since`);
  }, 120_000);
});
