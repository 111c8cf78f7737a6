import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DeskHalt } from "../../src/app/halt/desk-halt.ts";
import { haltMark, keepHaltMark, writeHaltFile } from "../../src/app/halt/halt-mark.ts";
import { openHaltFile } from "../../src/app/halt-file.ts";
import { systemClock } from "../../src/app/system.ts";
import { RiskBook } from "../../src/gateway/risk/risk-book.ts";
import { openAuditHead } from "../../src/store/audit-head.ts";
import { Ledger } from "../../src/store/desk/ledger.ts";
import { createRiskStore } from "../../src/store/desk/risk-store.ts";
import { openFileVault } from "../../src/store/vault/file-vault.ts";
import { newTestOperator } from "../gateway/test-operator.ts";
import { deskDatabase, testPlace } from "../store/support/databases.ts";
import { refusalOf } from "../store/support/refusal-of.ts";

describe("the desk's side of a halt", () => {
  let stack: AsyncDisposableStack;
  let folder: string;
  let start: () => Promise<DeskHalt>;
  let ledger: Ledger;
  let rearmed: (string | undefined)[];
  let broker: { answers: boolean };
  const operator = newTestOperator("desk-1");

  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    folder = mkdtempSync(join(tmpdir(), "qw-halt-"));
    stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    const place = stack.use(await testPlace("sqlite"));
    const { database } = stack.use(await deskDatabase(place));
    const clock = systemClock;
    const log = (): undefined => undefined;
    ledger = await Ledger.open({ database, clock, key: "k", headFile: openAuditHead(join(folder, "head.json")) });
    rearmed = [];
    broker = { answers: true };
    let id = 0;
    start = async () => {
      const book = await RiskBook.open({ store: createRiskStore(database), clock, newId: () => `r${(id += 1)}`, log });
      const file = join(folder, "HALT");
      return stack.use(
        await DeskHalt.open({
          file,
          vault: vault(),
          book,
          gate: openHaltFile(file, book),
          ledger,
          operators: () => Promise.resolve(operator.state()),
          identity: { desk: operator.desk, demo: false },
          profile: "local",
          target: () =>
            Promise.resolve({
              name: "a broker",
              pollMilliseconds: 1,
              halt: () => Promise.resolve([]),
              look: () => Promise.resolve([]),
              stop: () => Promise.resolve(),
              rearm: (deployId) => {
                if (!broker.answers) return Promise.reject(new Error("no answer"));
                rearmed.push(deployId);
                return Promise.resolve();
              },
            }),
          log,
        }),
      );
    };
  });
  afterEach(() => stack.disposeAsync());

  const vault = () => openFileVault(join(folder, "sealed"), join(folder, "key"));
  const word = (halt: DeskHalt, more: { readonly haltId?: string; readonly at?: number } = {}) => {
    const notice = halt.notice(null);
    if (notice === undefined) throw new Error("nothing is halted");
    const at = more.at ?? systemClock.now();
    return operator.rearm({ target: notice.target, haltId: more.haltId ?? notice.haltId, at });
  };

  it("latches the file, so that deleting it opens nothing, also after a restart", async () => {
    const halt = await start();
    expect(halt.notice(null)).toBeUndefined();
    writeFileSync(join(folder, "HALT"), "");
    expect(halt.notice(null)).toMatchObject({ target: "desk" });
    await expect.poll(async () => (await ledger.tail(5)).map(({ tool }) => tool)).toContain("halt");
    rmSync(join(folder, "HALT"));
    expect(halt.notice("L-1")).toMatchObject({ target: "desk" });
    expect((await start()).notice(null)).toMatchObject({ target: "desk" });
  });

  it("says who halted and why as the halting program wrote it, which the desk finds before it is told", async () => {
    const halt = await start();
    const words = { by: "quantwright halt", reason: "a drill\nof two lines" };
    writeHaltFile(join(folder, "HALT"), folder, words);
    expect(halt.notice(null)).toMatchObject({ target: "desk", ...words });
    await expect
      .poll(async () => (await ledger.tail(5)).map(({ detail }) => detail))
      .toContain(`desk: ${words.reason}`);
    await halt.latch({ account: null, reason: "another", by: "cli" });
    writeHaltFile(join(folder, "HALT"), folder, { by: "quantwright halt", reason: "another" });
    expect(halt.notice(null)).toMatchObject(words);
    expect(readdirSync(folder).filter((name) => name.startsWith("HALT"))).toEqual(["HALT"]);
    rmSync(join(folder, "HALT"));
    expect(halt.notice(null)).toMatchObject({ target: "desk", reason: words.reason });
  });

  it.each([
    ["nothing", ""],
    ["any text", "stop it"],
    ["bytes that are no text", Buffer.from([0, 255, 254, 123, 10, 123])],
    ["words of another form", '{"by":1}\n{"reason":'],
    ["a lot", "{".repeat(100_000)],
  ])("is halted by a file that somebody made by hand and that holds %s", async (_, content) => {
    writeFileSync(join(folder, "HALT"), content);
    const notice = (await start()).notice(null);
    expect(notice).toMatchObject({ target: "desk", by: "the file HALT", reason: "it is in the data directory" });
  });

  it("is halted by what has the name of the file and cannot be read", async () => {
    mkdirSync(join(folder, "HALT"));
    expect((await start()).notice(null)).toMatchObject({ target: "desk", by: "the file HALT" });
  });

  it("is halted by the kept mark, though file and latch were never seen by a desk", async () => {
    await keepHaltMark(vault(), { since: 1, reason: "a person" });
    expect((await start()).notice(null)?.reason).toContain("a person");
  });

  it("opens on an operator's word: file, mark, latch and broker", async () => {
    writeFileSync(join(folder, "HALT"), "");
    await keepHaltMark(vault(), { since: 1, reason: "a person" });
    const halt = await start();
    await halt.rearm(word(halt));
    expect(halt.notice(null)).toBeUndefined();
    expect(existsSync(join(folder, "HALT"))).toBe(false);
    expect(await haltMark(vault())).toBeUndefined();
    expect(rearmed).toEqual([undefined]);
    expect((await ledger.tail(1))[0]).toMatchObject({ tool: "rearm", result: "ok", principal: "operator:anna" });
  });

  it("stays closed on a word for another halt, an old one, and where the broker does not answer", async () => {
    const halt = await start();
    await halt.latch({ account: null, reason: "a test", by: "cli" });
    expect((await refusalOf(halt.rearm(word(halt, { haltId: "another" })))).code).toBe("REARM_SIGNATURE_INVALID");
    const old = systemClock.now() - 3600 * 1_000_000;
    expect((await refusalOf(halt.rearm(word(halt, { at: old })))).code).toBe("REARM_SIGNATURE_INVALID");
    const forged = { ...word(halt), operator: "ben" };
    expect((await refusalOf(halt.rearm(forged))).code).toBe("REARM_SIGNATURE_INVALID");
    broker.answers = false;
    await expect(halt.rearm(word(halt))).rejects.toThrow("no answer");
    expect(halt.notice(null)).toMatchObject({ target: "desk" });
  });

  it("closes and opens one account alone", async () => {
    const halt = await start();
    await halt.latch({ account: "L-1", reason: "a test", by: "host" });
    expect(halt.notice(null)).toBeUndefined();
    expect(halt.notice("L-2")).toBeUndefined();
    const notice = halt.notice("L-1");
    expect(notice).toMatchObject({ target: "L-1" });
    expect(halt.notices()).toEqual([notice]);
    await halt.rearm(operator.rearm({ target: "L-1", haltId: notice?.haltId ?? "", at: systemClock.now() }));
    expect(halt.notice("L-1")).toBeUndefined();
    expect(rearmed).toEqual(["L-1"]);
    expect(halt.notices()).toEqual([]);
  });

  it("names all that is halted, the desk first, also after a restart", async () => {
    const halt = await start();
    await halt.latch({ account: "L-2", reason: "a test", by: "host" });
    await halt.latch({ account: "L-1", reason: "a test", by: "host" });
    writeFileSync(join(folder, "HALT"), "");
    expect(halt.notices().map(({ target }) => target)).toEqual(["desk", "L-1", "L-2"]);
    expect((await start()).notices().map(({ target }) => target)).toEqual(["desk", "L-1", "L-2"]);
  });
});
