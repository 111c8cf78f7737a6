import { mkdtempDisposableSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isSignedBy, signStatement } from "../../../src/gateway/approvals/signed-document.ts";
import { newOperatorKey, OperatorKeyFolder } from "../../../src/store/operators/operator-key.ts";
import { entry } from "../../gateway/approvals/support/operators-under-test.ts";
import { refusalOf } from "../support/refusal-of.ts";

const PASSPHRASE = "correct horse battery";
let folder: ReturnType<typeof mkdtempDisposableSync>;
let waits: number[];
let clock: { at: number };
let keys: OperatorKeyFolder;
beforeEach(() => {
  folder = mkdtempDisposableSync(join(tmpdir(), "qw-keys-"));
  waits = [];
  clock = { at: 1_700_000_000_000_000 };
  keys = new OperatorKeyFolder(join(folder.path, "operators"), {
    now: () => clock.at,
    wait: async (milliseconds) => {
      waits.push(milliseconds);
      clock.at += milliseconds * 1000;
    },
  });
});
afterEach(() => folder[Symbol.dispose]());
const file = (): string => join(folder.path, "operators", "anna.key");

describe("the key of an operator", () => {
  it("is opened by its passphrase in any form of Unicode, and signs as its public key says", async () => {
    const made = newOperatorKey();
    expect(keys.has("anna")).toBe(false);
    await keys.save("anna", made, "pässphrase of anna");
    expect(keys.has("anna")).toBe(true);
    const opened = await keys.open("anna", "pässphrase of anna");
    const statement = { kind: "policy", desk: "d", operator: "anna", at: 1, content: { a: 1 } } as const;
    const who = entry({ name: "anna", ...made });
    expect(isSignedBy(who, statement, signStatement(statement, opened.privateKey))).toBe(true);
    expect(isSignedBy(who, { ...statement, kind: "limits" }, signStatement(statement, opened.privateKey))).toBe(false);
  });

  it("lies in a file that only its owner may read, encrypted", async () => {
    const made = newOperatorKey();
    await keys.save("anna", made, PASSPHRASE);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(join(file(), "..")).mode & 0o777).toBe(0o700);
    const text = readFileSync(file(), "utf8");
    const plain = made.privateKey.export({ format: "der", type: "pkcs8" });
    expect(text).not.toContain(plain.toString("base64"));
    expect(text).not.toContain(plain.subarray(-32).toString("base64"));
    expect(text).toContain('"N": 131072');
  });

  it("makes wrong passphrases wait longer and longer, up to half a minute, and locks nobody out", async () => {
    await keys.save("anna", newOperatorKey(), PASSPHRASE);
    for (let wrong = 0; wrong < 10; wrong += 1) {
      expect((await refusalOf(keys.open("anna", "wrong passphrase"))).code).toBe("OPERATOR_PASSPHRASE_WRONG");
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    clock.at -= 3600 * 1_000_000;
    await keys.open("anna", PASSPHRASE);
    expect(waits.at(-1)).toBe(30_000);
    await keys.open("anna", PASSPHRASE);
    expect(waits).toHaveLength(8);
  });

  it("is not opened when its file was changed: another name, another public key, other parameters", async () => {
    await keys.save("anna", newOperatorKey(), PASSPHRASE);
    const text = readFileSync(file(), "utf8");
    for (const changed of [
      text.replace('"name": "anna"', '"name": "eve"'),
      text.replace(/"publicKey": "[^"]*"/, `"publicKey": "${newOperatorKey().publicKey}"`),
      text.replace("131072", "65536"),
    ]) {
      expect(changed).not.toBe(text);
      writeFileSync(file(), changed);
      expect((await refusalOf(keys.open("anna", PASSPHRASE))).code).toBe("OPERATOR_PASSPHRASE_WRONG");
    }
  });

  it("is refused with parameters that would eat the memory, as a broken file, a missing one, a weak passphrase", async () => {
    await keys.save("anna", newOperatorKey(), PASSPHRASE);
    writeFileSync(file(), readFileSync(file(), "utf8").replace("131072", String(2 ** 30)));
    const damaged = await refusalOf(keys.open("anna", PASSPHRASE));
    expect(damaged.code).toBe("OPERATOR_KEY_DAMAGED");
    expect(damaged.message).toMatch(/anna\.key, line \d+ \(kdf\.N\)/);
    expect((await refusalOf(keys.open("bert", PASSPHRASE))).code).toBe("OPERATOR_KEY_MISSING");
    expect((await refusalOf(keys.save("bert", newOperatorKey(), "short"))).code).toBe("OPERATOR_PASSPHRASE_WEAK");
  });

  it("is set aside, not lost, when another of the name is made", async () => {
    await keys.save("anna", newOperatorKey(), PASSPHRASE);
    const first = readFileSync(file(), "utf8");
    await keys.save("anna", newOperatorKey(), PASSPHRASE);
    const aside = readdirSync(join(folder.path, "operators")).filter((name) => name !== "anna.key");
    expect(aside).toHaveLength(1);
    expect(readFileSync(join(folder.path, "operators", aside[0] ?? ""), "utf8")).toBe(first);
    await keys.save("anna", await keys.open("anna", PASSPHRASE), "another sentence");
    expect(readdirSync(join(folder.path, "operators"))).toHaveLength(2);
    await keys.open("anna", "another sentence");
  });

  it("has a name that cannot lead to another folder", async () => {
    await expect(keys.open("../anna", PASSPHRASE)).rejects.toThrow("small letters");
  });
});
