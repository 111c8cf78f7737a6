import { execa } from "execa";

/** How to start a server. The environment is whole: nothing of ours is inherited. */
export interface ChildServer {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Starts a server in a process group of its own with piped streams; ends are values, not exceptions. */
export function spawnServer(server: ChildServer) {
  return execa(server.command, [...server.args], {
    env: { ...server.env },
    extendEnv: false,
    detached: true,
    buffer: false,
    reject: false,
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
}

export type ServerProcess = ReturnType<typeof spawnServer>;
