import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectOrStart, connectToDesk } from "../../src/app/desk-connection.ts";
import { openHome } from "../../src/app/desk-home.ts";
import { readConfig, type Config } from "../../src/config.ts";
import { refusalOf } from "../store/support/refusal-of.ts";

describe.skipIf(process.platform === "win32")("a connection to a desk", () => {
  let folder: string;
  let config: Config;
  let server: Server | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "qw-conn-"));
    const environment = { QUANTWRIGHT_HOME: join(folder, "home"), QUANTWRIGHT_RUNTIME_DIR: join(folder, "run") };
    config = readConfig({ environment, flags: {}, cwd: folder, isTerminal: false });
  });
  afterEach(async () => {
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
    rmSync(folder, { recursive: true });
  });

  async function listen(greet: (socket: Socket) => void): Promise<void> {
    const { socketPath } = openHome(config);
    mkdirSync(dirname(socketPath), { recursive: true, mode: 0o700 });
    server = createServer((socket) => {
      socket.on("error", () => undefined);
      greet(socket);
    });
    await new Promise<void>((resolve) => server?.listen(socketPath, resolve));
  }
  const connect = (): Promise<unknown> => connectToDesk(config, { kind: "cli", channel: "control" });

  it("that dies before it has said who it is, is a desk that was lost, and may be asked again", async () => {
    await listen((socket) => socket.destroy());
    expect(await refusalOf(connect())).toMatchObject({ code: "DESK_LOST", retryable: true });
  });

  it("that dies after its greeting is one too", async () => {
    const greeting = { nonce: "n".repeat(32), pid: 1, quantwright: "1", home: "h" };
    await listen((socket) => {
      socket.write(`${JSON.stringify(greeting)}\n`);
      socket.once("data", () => socket.destroy());
    });
    expect(await refusalOf(connect())).toMatchObject({ code: "DESK_LOST", retryable: true });
  });

  it("that speaks otherwise is no lost desk", async () => {
    await listen((socket) => void socket.write('{"hello":true}\n'));
    await expect(connect()).rejects.toThrow(/nonce/);
  });

  it("is none where nobody listens", async () => {
    expect(await connect()).toBeUndefined();
  });

  it("to one that does not come up is refused with the place of its log", async () => {
    const nodePath = join(folder, "no-node-here");
    const started = connectOrStart({ ...config, nodePath }, { kind: "cli", channel: "control" });
    expect(await refusalOf(started)).toMatchObject({
      code: "DESK_NOT_STARTED",
      message: "the desk did not start",
      remedy: `see its log: ${openHome(config).logFile}`,
    });
  });
});
