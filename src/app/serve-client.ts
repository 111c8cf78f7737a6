import type { Duplex } from "node:stream";
import type { Config } from "../config.ts";
import type { Profile } from "../domain/profile.ts";
import { RefusalError } from "../domain/refusal.ts";
import type { Toolset } from "../gateway/tool.ts";
import { StdioFront } from "../server/stdio-front.ts";
import { connectOrStart, connectToDesk, type DeskOpening } from "./desk-connection.ts";

/** Serves the client at the other end of this process's standard streams, until it goes or the process is interrupted. */
export async function serveClient(
  config: Config,
  request: {
    readonly toolset: Toolset;
    readonly profile: Profile | undefined;
    /** False: only a desk that runs is used, none is started. A demo's desk must not come back after its demo. */
    readonly start: boolean;
    readonly interrupted: AbortSignal;
  },
): Promise<void> {
  const { toolset, profile, start, interrupted } = request;
  const opening: DeskOpening = { kind: "host", channel: "mcp", toolset, profile };
  const front = new StdioFront({
    input: process.stdin,
    output: process.stdout,
    connect: async (signal) =>
      start ? (await connectOrStart(config, opening, signal)).socket : runningDesk(config, opening),
    log: (message) => process.stderr.write(`${message}\n`),
  });
  interrupted.addEventListener("abort", () => front.stop(), { once: true });
  await front.run();
}

async function runningDesk(config: Config, opening: DeskOpening): Promise<Duplex> {
  const running = await connectToDesk(config, opening);
  if (running !== undefined) return running.socket;
  throw new RefusalError({ code: "DESK_LOST", message: "the desk went away", remedy: "start it again" });
}
