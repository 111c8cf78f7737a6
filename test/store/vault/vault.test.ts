import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openFileVault } from "../../../src/store/vault/file-vault.ts";
import { openVault } from "../../../src/store/vault/open-vault.ts";
import { refusalOf } from "../support/refusal-of.ts";

const run = promisify(execFile);
const WRITING_PROGRAM = fileURLToPath(new URL("support/writing-program.ts", import.meta.url));
const PROGRAM = fileURLToPath(new URL("support/keychain-program.ts", import.meta.url));

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quantwright-vault-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the file of secrets", () => {
  const open = () => openFileVault(join(folder, "secrets.sealed"), join(folder, "secrets.key"));

  it("keeps what it is given, across openings, and forgets what it should", async () => {
    await open().set("quantconnect/token", "planted-token-1");
    await open().set("other", "second");
    const vault = open();
    expect(await vault.get("quantconnect/token")).toBe("planted-token-1");
    expect(await vault.delete("quantconnect/token")).toBe(true);
    expect(await vault.delete("quantconnect/token")).toBe(false);
    expect(await open().get("quantconnect/token")).toBeUndefined();
    expect(await open().get("other")).toBe("second");
  });

  it("loses nothing that several processes keep at the same time, the first of whom makes its key", async () => {
    const names = ["a", "b", "c", "d"];
    await Promise.all(names.map((name) => run(process.execPath, [WRITING_PROGRAM, folder, name])));
    const vault = open();
    for (const name of names) {
      for (let index = 0; index < 20; index += 1) expect(await vault.get(`${name}/${index}`)).toBe(`${name}${index}`);
    }
  });

  it("holds no secret in the clear, is the user's own, and says what it does not protect from", async () => {
    const vault = open();
    await vault.set("a", "planted-token-1");
    for (const name of readdirSync(folder)) {
      expect(readFileSync(join(folder, name), "utf8")).not.toContain("planted");
      expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
    }
    expect(vault.notice).toMatch(/no OS keychain here.*key lies beside it/);
  });

  it("finds every change of it, and another key", async () => {
    await open().set("a", "planted-token-1");
    const file = join(folder, "secrets.sealed");
    const sealed = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
    for (const part of ["iv", "tag", "data"]) {
      const bytes = Buffer.from(sealed[part] ?? "", "base64");
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      writeFileSync(file, JSON.stringify({ ...sealed, [part]: bytes.toString("base64") }));
      expect(await refusalOf(open().get("a"))).toMatchObject({ code: "VAULT_UNREADABLE" });
    }
    writeFileSync(file, JSON.stringify(sealed));
    rmSync(join(folder, "secrets.key"));
    expect(await refusalOf(open().get("a"))).toMatchObject({ code: "VAULT_UNREADABLE" });
    // What cannot be read is not overwritten either.
    expect(await refusalOf(open().set("b", "new"))).toMatchObject({ code: "VAULT_UNREADABLE" });
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(sealed);
  });

  it.each(["", "{}", "not json"])("refuses %j in its place", async (content) => {
    writeFileSync(join(folder, "secrets.sealed"), content);
    expect(await refusalOf(open().get("a"))).toMatchObject({ code: "VAULT_UNREADABLE" });
  });
});

describe("the choice of a vault", () => {
  it("holds once it was made, and a damaged one is not chosen anew", async () => {
    expect(openVault({ dataDir: folder, id: "x", prefer: "file" }).kind).toBe("file");
    expect(openVault({ dataDir: folder, id: "x", prefer: "keychain" }).kind).toBe("file");
    writeFileSync(join(folder, "vault.json"), `{"kind":"pocket"}`);
    const refusal = await refusalOf(() => openVault({ dataDir: folder, id: "x", prefer: "file" }));
    expect(refusal.code).toBe("VAULT_UNREADABLE");
  });
});

async function has(program: string): Promise<boolean> {
  return run("sh", ["-c", `command -v ${program}`]).then(
    () => true,
    () => false,
  );
}

const secretService =
  process.platform === "linux" && (await has("dbus-run-session")) && (await has("gnome-keyring-daemon"));

/** A session bus with a Secret Service that is unlocked or locked, or none; everything in a home of its own. */
async function inSession(keyring: "unlocked" | "locked" | "none", steps: readonly string[]): Promise<unknown> {
  const runtime = join(folder, "run");
  mkdirSync(runtime, { recursive: true });
  chmodSync(runtime, 0o700);
  const flag = keyring === "unlocked" ? "--unlock" : "--start";
  const script = `printf passphrase | gnome-keyring-daemon ${flag} --foreground --components=secrets >/dev/null 2>&1 &
    keyring=$!
    for look in 1 2 3 4 5 6 7 8 9 10; do [ -S "$XDG_RUNTIME_DIR/keyring/control" ] && break; sleep 0.1; done
    "$@"; code=$?
    kill $keyring 2>/dev/null; wait; exit $code`;
  const program = [process.execPath, PROGRAM, folder, ...steps];
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    XDG_RUNTIME_DIR: runtime,
    XDG_DATA_HOME: join(folder, "data"),
  };
  const [command = "", ...args] =
    keyring === "none" ? program : ["dbus-run-session", "--", "sh", "-c", script, "session", ...program];
  const { stdout } = await run(command, args, { env, timeout: 20_000, killSignal: "SIGKILL" });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

describe("the vault without a keychain", () => {
  it.skipIf(process.platform !== "linux")("is the file (skipped where the keychain is always there)", async () => {
    expect(await inSession("none", ["set=a=one", "get=a"])).toEqual(["file", "one"]);
    expect(readdirSync(folder)).toContain("secrets.sealed");
  });
});

describe.skipIf(!secretService)(
  "the vault in a real Secret Service (skipped without dbus-run-session and gnome-keyring-daemon)",
  () => {
    it("keeps, gives and deletes secrets, across sessions, and leaves no file of its own", async () => {
      const steps = ["set=a=one", "get=a", "get=b", "delete=a", "get=a", "delete=a", "set=keep=planted-token-1"];
      expect(await inSession("unlocked", steps)).toEqual(["keychain", "one", null, true, null, false]);
      expect(await inSession("unlocked", ["get=keep"])).toEqual(["keychain", "planted-token-1"]);
      const names = readdirSync(folder);
      expect(names).toContain("vault.json");
      expect(names.filter((name) => name.startsWith("secrets"))).toEqual([]);
    });

    it("is an error where the keychain is locked or gone, never a silent move to a file", async () => {
      await inSession("unlocked", ["set=a=one"]);
      expect(await inSession("locked", ["get=a"])).toEqual(["keychain", "KEYCHAIN_LOCKED"]);
      expect(await inSession("none", ["get=a"])).toEqual(["keychain", "KEYCHAIN_ABSENT"]);
      expect(readdirSync(folder)).not.toContain("secrets.sealed");
    });

    it("is an error, too, where the first choice finds a locked keychain", async () => {
      await inSession("unlocked", ["set=a=one"]);
      rmSync(join(folder, "vault.json"));
      expect(await inSession("locked", ["get=a"])).toEqual(["KEYCHAIN_LOCKED"]);
      expect(readdirSync(folder)).not.toContain("vault.json");
    });
  },
);
