import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, describe } from "vitest";
import { NewestSignatures } from "../../../src/store/operators/newest-signatures.ts";
import { vaultIn } from "../../gateway/approvals/support/operators-under-test.ts";

const signedAt = (...times: number[]) =>
  ({
    kind: "read",
    value: { signatures: times.map((at) => ({ operator: "anna", at, signature: "AAAA" })) },
  }) as const;

describe("the newest signatures", () => {
  it("let no older signed file count again, also after a restart, and leave the other kind alone", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "qw-newest-"));
    const vault = vaultIn(folder.path);
    const newest = await NewestSignatures.open(vault);
    await newest.note("policy", signedAt(5), 100);
    await newest.note("policy", signedAt(20, 10), 100);
    await newest.note("policy", signedAt(7), 100);
    for (const one of [newest, await NewestSignatures.open(vault)]) {
      expect(one.guard("policy", () => signedAt(10, 5))()).toMatchObject({ kind: "unreadable" });
      expect(one.guard("policy", () => signedAt(10, 20))()).toEqual(signedAt(10, 20));
      expect(one.guard("policy", () => signedAt())()).toEqual(signedAt());
      expect(one.guard("policy", () => ({ kind: "absent" }))()).toEqual({ kind: "absent" });
      expect(one.guard("limits", () => signedAt(1))()).toEqual(signedAt(1));
    }
  });

  it("do not believe a signature from the future, which would shut out every other", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "qw-newest-"));
    const newest = await NewestSignatures.open(vaultIn(folder.path));
    await newest.note("limits", signedAt(101), 100);
    expect(newest.guard("limits", () => signedAt(1))()).toEqual(signedAt(1));
  });

  it("let no signed file count where what is kept cannot be read", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "qw-newest-"));
    const vault = vaultIn(folder.path);
    await vault.set("operators/newest-signatures", "{}");
    const newest = await NewestSignatures.open(vault);
    expect(newest.guard("limits", () => signedAt(1))()).toMatchObject({ kind: "unreadable" });
  });
});
