import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseJson } from "../../../src/domain/parse-json.ts";
import type { OperatorsState } from "../../../src/domain/operator.ts";
import { signStatement } from "../../../src/gateway/approvals/signed-document.ts";
import { OperatorListFile } from "../../../src/store/operators/operator-list-file.ts";
import { refusalIn } from "../../gateway/approvals/support/approvals-under-test.ts";
import {
  DESK,
  entry,
  nextList,
  operatorsIn,
  person,
  signedList,
  vaultIn,
} from "../../gateway/approvals/support/operators-under-test.ts";

const anna = person("anna");
const bert = person("bert");
const identity = { desk: DESK, demo: false };
const NONE: OperatorsState = { kind: "none" };

let folder: ReturnType<typeof mkdtempDisposableSync>;
beforeEach(() => (folder = mkdtempDisposableSync(join(tmpdir(), "qw-operators-"))));
afterEach(() => folder[Symbol.dispose]());
const names = (state: OperatorsState): string[] =>
  state.kind === "intact"
    ? state.list.operators.map(({ name, removedAt }) => `${name}${removedAt === null ? "" : " removed"}`)
    : [];

describe("the list of operators", () => {
  it("begins with one who signs himself, grows by one of its own, and keeps who left", async () => {
    const under = await operatorsIn(folder.path);
    expect(await under.list.state()).toEqual({ kind: "none" });
    await under.enrol(anna);
    await under.enrol(bert, { by: anna });
    await under.remove(anna, bert);
    expect(names(await under.list.state())).toEqual(["anna removed", "bert"]);
    const again = await operatorsIn(folder.path);
    expect(await again.list.state()).toEqual(await under.list.state());
  });

  it("refuses changes that are not signed or not made as they must be", async () => {
    const under = await operatorsIn(folder.path);
    await under.enrol(anna);
    const state = await under.list.state();
    const both = [entry(anna), entry(bert, { addedBy: "anna" })];
    const good = nextList(state, both);
    const code = async (change: Parameters<typeof under.list.change>[0]) =>
      refusalIn(await under.list.change(change)).code;
    const wrong = {
      "signed by who is to be added": signedList(good, bert),
      "signed by another key of the same name": signedList(good, person("anna")),
      "of another desk": signedList({ ...good, desk: "other" }, anna),
      "that does not follow": signedList({ ...good, previousHash: "0".repeat(64) }, anna),
      "with an old number": signedList({ ...good, version: 1 }, anna),
      "that rewrites a key": signedList(nextList(state, [entry({ ...anna, publicKey: bert.publicKey })]), anna),
      "that forgets somebody": signedList(nextList(state, [entry(bert, { addedBy: "anna" })]), anna),
      "with the same name twice": signedList(nextList(state, [entry(anna), entry(anna)]), anna),
      "added in another's name": signedList(nextList(state, [entry(anna), entry(bert)]), anna),
      "with a solo second": signedList(
        nextList(state, [entry(anna), entry(bert, { addedBy: "anna", solo: true })]),
        anna,
      ),
      "changed after it was signed": {
        ...signedList(good, anna),
        list: { ...good, operators: [both[0]!, entry(person("eve"), { addedBy: "anna" })] },
      },
    };
    for (const [how, change] of Object.entries(wrong))
      expect([how, await code(change)]).toEqual([how, "OPERATORS_CHANGE_INVALID"]);
    const elsewhere = { ...good, desk: "other" };
    const here = { kind: "operators", desk: DESK, operator: "anna", at: 5, content: elsewhere } as const;
    const signature = { operator: "anna", at: 5, signature: signStatement(here, anna.privateKey) };
    expect(await code({ list: elsewhere, signature })).toBe("OPERATORS_CHANGE_INVALID");
    const last = nextList(state, [entry(anna, { removedAt: 1, removedBy: "anna" })]);
    expect(await code(signedList(last, anna))).toBe("OPERATOR_LAST");
    const demo = nextList(state, [entry(anna), entry(bert, { addedBy: "anna", kind: "demo" })]);
    expect(await code(signedList(demo, anna))).toBe("DEMO_OPERATOR_REFUSED");
    expect(names(await under.list.state())).toEqual(["anna"]);
  });

  it("lets one of two changes at once win, and the other look again", async () => {
    const under = await operatorsIn(folder.path);
    await under.enrol(anna);
    const state = await under.list.state();
    const adding = (who: typeof anna) =>
      under.list.change(signedList(nextList(state, [entry(anna), entry(who, { addedBy: "anna" })]), anna));
    const both = await Promise.all([adding(bert), adding(person("carl"))]);
    expect(both.map(({ ok }) => ok)).toEqual([true, false]);
  });

  it.each([
    [
      "replaced by a list that somebody signed for himself",
      (file: string) => writeFileSync(file, JSON.stringify(signedList(nextList(NONE, [entry(bert)]), bert))),
    ],
    [
      "edited",
      (file: string) => writeFileSync(file, readFileSync(file, "utf8").replace('"solo": false', '"solo": true')),
    ],
    ["deleted", (file: string) => rmSync(file)],
    ["broken", (file: string) => writeFileSync(file, "{")],
  ])("counts nobody once the file was %s, now and after a restart", async (_, tamper) => {
    const under = await operatorsIn(folder.path);
    await under.enrol(anna);
    tamper(under.file);
    const restarted = await operatorsIn(folder.path);
    for (const { list } of [under, restarted]) {
      expect((await list.state()).kind).toBe("tampered");
      const change = await list.change(signedList(nextList(NONE, [entry(bert)]), bert));
      expect(refusalIn(change).code).toBe("OPERATORS_TAMPERED");
    }
  });

  it("shows an older list of its own that was put back", async () => {
    const under = await operatorsIn(folder.path);
    await under.enrol(anna);
    await under.enrol(bert, { by: anna });
    const before = readFileSync(under.file, "utf8");
    await under.remove(bert, anna);
    writeFileSync(under.file, before);
    expect((await (await operatorsIn(folder.path)).list.state()).kind).toBe("tampered");
  });

  it("is not trusted where the vault knows nothing of it, or what it knows was changed", async () => {
    const under = await operatorsIn(folder.path);
    await under.enrol(anna);
    for (const kept of [undefined, "no json", JSON.stringify({ hash: null, next: null })]) {
      await (kept === undefined ? under.vault.delete("operators/list") : under.vault.set("operators/list", kept));
      expect((await (await operatorsIn(folder.path)).list.state()).kind).toBe("tampered");
    }
  });

  it.each([
    ["announced", ["anna"]],
    ["written", ["anna", "bert"]],
  ] as const)("is the old one or the new one after a crash when the change was %s", async (point, expected) => {
    const file = join(folder.path, "operators.json");
    await (await operatorsIn(folder.path)).enrol(anna);
    const crashing = await OperatorListFile.open({
      file,
      vault: vaultIn(folder.path),
      identity,
      crashPoint: (name) => {
        if (name === point) throw new Error("power cut");
      },
    });
    const state = await crashing.state();
    const change = signedList(nextList(state, [entry(anna), entry(bert, { addedBy: "anna" })]), anna);
    await expect(crashing.change(change)).rejects.toThrow("power cut");
    const restarted = await operatorsIn(folder.path);
    expect(names(await restarted.list.state())).toEqual(expected);
    expect(parseJson((await restarted.vault.get("operators/list")) ?? "")).toMatchObject({ next: null });
  });

  it("has nobody after a crash in the middle of the first enrolment, and takes it again", async () => {
    const file = join(folder.path, "operators.json");
    const crashPoint = (): never => {
      throw new Error("power cut");
    };
    const crashing = await OperatorListFile.open({ file, vault: vaultIn(folder.path), identity, crashPoint });
    await expect(crashing.change(signedList(nextList(NONE, [entry(anna)]), anna))).rejects.toThrow("power cut");
    const restarted = await operatorsIn(folder.path);
    expect((await restarted.list.state()).kind).toBe("none");
    await restarted.enrol(bert);
    expect(names(await restarted.list.state())).toEqual(["bert"]);
  });
});
