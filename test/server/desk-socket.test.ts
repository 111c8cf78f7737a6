import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDeskSocket } from "../../src/server/desk-socket.ts";
import { nextLine } from "../../src/server/first-line.ts";
import { admissionSchema, greetingSchema, proofOf, type Opening } from "../../src/server/socket-handshake.ts";
import { parseJson } from "../../src/domain/parse-json.ts";

const KEYS = { host: randomBytes(32).toString("hex"), cli: randomBytes(32).toString("hex") };

async function openDoor(): Promise<AsyncDisposable & { readonly path: string; readonly opened: Opening[] }> {
  const folder = mkdtempSync(join(tmpdir(), "qw-socket-"));
  const path = join(folder, "desk.sock");
  const opened: Opening[] = [];
  const onOpen = (socket: Socket, opening: Opening): void => {
    opened.push(opening);
    socket.pipe(socket);
    socket.resume();
  };
  const log = (): void => undefined;
  const door = await openDeskSocket({ path, version: "1", home: "h", profile: "local", keys: KEYS, onOpen, log });
  return {
    path,
    opened,
    async [Symbol.asyncDispose]() {
      await door[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Opens the door with the words that `answer` makes of the nonce; gives the admission and what followed. */
async function knock(path: string, answer: (nonce: string) => string): Promise<{ admission: string; socket: Socket }> {
  const socket = createConnection(path);
  const { nonce } = greetingSchema.parse(parseJson(await nextLine(socket, 2000)));
  socket.write(answer(nonce));
  return { admission: await nextLine(socket, 2000), socket };
}

function opening(nonce: string, key: string, kind: "host" | "cli" = "host", channel = "mcp"): string {
  const proof = proofOf(key, { nonce, kind, channel });
  return `${JSON.stringify({ kind, channel, proof })}\n`;
}

describe.skipIf(process.platform === "win32")("the desk's socket (a path, not a named pipe)", () => {
  it("opens for who proves to hold the key of his kind, and loses nothing of what he says at once", async () => {
    await using door = await openDoor();
    const { admission, socket } = await knock(door.path, (nonce) => `${opening(nonce, KEYS.host)}first words\n`);
    expect(admissionSchema.parse(parseJson(admission))).toEqual({ ok: true });
    expect(await nextLine(socket, 2000)).toBe("first words");
    expect(door.opened).toMatchObject([{ kind: "host", channel: "mcp", toolset: "desk" }]);
    socket.destroy();
  });

  it.each([
    ["another kind's key", (nonce: string) => opening(nonce, KEYS.host, "cli")],
    ["an unknown key", (nonce: string) => opening(nonce, "guess")],
    ["a proof for another nonce", () => opening("another nonce", KEYS.host)],
    ["no opening at all", () => "{}\n"],
    [
      "an MCP client that asks for the control channel",
      (nonce: string) => opening(nonce, KEYS.host, "host", "control"),
    ],
  ])("stays shut for %s, and says why", async (_, answer) => {
    await using door = await openDoor();
    const { admission, socket } = await knock(door.path, answer);
    expect(admissionSchema.parse(parseJson(admission))).toMatchObject({ ok: false, code: "SOCKET_DENIED" });
    expect(door.opened).toEqual([]);
    socket.destroy();
  });

  it("drops who sends no JSON, or a first line without end, and goes on for others", async () => {
    await using door = await openDoor();
    for (const words of ["no JSON\n", "x".repeat(20_000)]) {
      await expect(knock(door.path, () => words)).rejects.toThrow(/closed|ECONNRESET|EPIPE/);
    }
    const { admission, socket } = await knock(door.path, (nonce) => opening(nonce, KEYS.cli, "cli", "control"));
    expect(parseJson(admission)).toEqual({ ok: true });
    socket.destroy();
  });

  it("takes the place of what a dead desk left, and leaves nothing itself", async () => {
    const door = await openDoor();
    expect(statSync(door.path).isSocket()).toBe(true);
    await door[Symbol.asyncDispose]();
    expect(() => statSync(door.path)).toThrow(/ENOENT/);
  });
});
