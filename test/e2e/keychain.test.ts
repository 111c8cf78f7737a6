import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { openE2eHome, PROGRAM, type E2eHome } from "../support/e2e-home.ts";

const SECRET = "planted0secret0planted0secret0planted0secret0";

function hasSecretService(): boolean {
  try {
    execFileSync("sh", ["-c", "command -v dbus-run-session && command -v gnome-keyring-daemon"], { stdio: "ignore" });
    return process.platform === "linux";
  } catch {
    return false;
  }
}

/** Runs a shell script in a session with a Secret Service of its own; `qw` is the program. */
async function inSession(home: E2eHome, script: string): Promise<string> {
  const data = join(home.folder, "xdg");
  mkdirSync(data, { recursive: true });
  const program = `qw() { timeout -k 2 40 '${process.execPath}' '${PROGRAM}' "$@"; }\n`;
  const { stdout } = await promisify(execFile)("dbus-run-session", ["--", "sh", "-c", program + script], {
    env: { ...home.env, XDG_DATA_HOME: data, XDG_RUNTIME_DIR: data, XDG_CACHE_HOME: data },
    timeout: 60_000,
  });
  return stdout;
}

const UNLOCK = "printf pass | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1\n";

describe.skipIf(!hasSecretService())("on a machine with a keychain (needs dbus-run-session and gnome-keyring)", () => {
  it("secrets go there and nowhere else, and a locked one is an error that says so, never a move to a file", async () => {
    await using home = openE2eHome({ settings: { vault: "keychain" } });
    const stored = await inSession(
      home,
      `${UNLOCK}printf '12345\\n${SECRET}\\n' | qw login quantconnect --json; qw credentials --json </dev/null\n`,
    );
    const [login, credentials] = stored.trim().split("\n");
    expect(JSON.parse(login ?? "")).toMatchObject({ stored: true, vault: "keychain", notice: null });
    expect(JSON.parse(credentials ?? "")).toMatchObject({ account: "12345", from: "keychain" });
    expect(readdirSync(home.dataDir).filter((name) => name.startsWith("secrets"))).toEqual([]);
    for (const name of readdirSync(home.dataDir))
      expect(readFileSync(join(home.dataDir, name), "utf8")).not.toContain(SECRET);
    // A daemon that nobody unlocked: it would have to ask on a screen that is not there.
    const locked = await inSession(
      home,
      "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1\nqw credentials --json </dev/null; echo $?; qw up --json </dev/null; echo $?\n",
    );
    const [shown, first, up, second] = locked.trim().split("\n");
    expect([first, second]).toEqual(["1", "1"]);
    for (const line of [shown, up])
      expect(JSON.parse(line ?? "")).toMatchObject({
        error: { code: "KEYCHAIN_LOCKED", remedy: expect.stringContaining("unlock") as unknown },
      });
    expect(readdirSync(home.dataDir).filter((name) => name.startsWith("secrets"))).toEqual([]);
    const again = await inSession(
      home,
      `${UNLOCK}qw credentials --json </dev/null; qw logout quantconnect --json </dev/null\n`,
    );
    expect(again).toContain('"account":"12345"');
    expect(again).toContain('"removed":true');
  }, 90_000);
});

describe.skipIf(process.platform !== "linux")("on a machine without a keychain (made so on Linux)", () => {
  it("secrets go into a sealed file, with a notice that says so", async () => {
    await using home = openE2eHome();
    rmSync(join(home.dataDir, "settings.json"));
    const env = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere", XDG_RUNTIME_DIR: home.folder };
    const done = await home.run(["login", "quantconnect", "--json"], { env, input: `12345\n${SECRET}\n` });
    expect(done.json()).toMatchObject({ stored: true, vault: "file" });
    expect(done.json()["notice"]).toMatch(/no OS keychain/);
    expect(readFileSync(join(home.dataDir, "secrets.sealed"), "utf8")).not.toContain(SECRET);
    writeFileSync(join(home.dataDir, "secrets.key"), Buffer.alloc(32).toString("base64"));
    const broken = await home.run(["credentials", "--json"], { env });
    expect(broken.code).toBe(1);
    expect(broken.json()).toMatchObject({ error: { code: "VAULT_UNREADABLE" } });
  });
});
