import { once } from "node:events";
import { rmSync, mkdtempSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { pauseWhileUnread } from "../../src/server/pause-while-unread.ts";
import { until } from "../clients/process/support.ts";

const ANSWER = "a".repeat(64 * 1024);
const QUESTIONS = 2000;

describe("a connection whose other side does not read", () => {
  it("is not listened to meanwhile, and gets every answer when it reads again", async () => {
    const folder = mkdtempSync(join(tmpdir(), "quantwright-unread-"));
    const late: { served?: Socket } = {};
    const server = createServer((socket) => {
      late.served = socket;
      // One answer of 64 KB for each kilobyte: so a piece of the stream holds few questions.
      socket.on("data", (chunk: Buffer) => {
        for (const byte of chunk) if (byte === 10) socket.write(ANSWER);
      });
      pauseWhileUnread(socket);
    });
    try {
      server.listen(join(folder, "s"));
      await once(server, "listening");
      const client = connect(join(folder, "s"));
      client.pause();
      for (let index = 0; index < QUESTIONS; index += 1) client.write(`${"q".repeat(1023)}\n`);
      await until(() => late.served?.isPaused() === true, "it is paused");
      expect(late.served?.writableLength).toBeLessThan(30 * 1024 * 1024);
      let received = 0;
      client.on("data", (chunk: Buffer) => (received += chunk.length));
      client.resume();
      await until(() => received === QUESTIONS * ANSWER.length, "all answers came");
      client.destroy();
    } finally {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
