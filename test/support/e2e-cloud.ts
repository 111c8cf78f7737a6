import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../../src/domain/parse-json.ts";
import { PROGRAM } from "./e2e-home.ts";

export const ORGANIZATION = "1".repeat(32);
export const COLLABORATOR = "2".repeat(32);

/** `quantwright cloud` as a user starts it, on a folder of its own. */
export interface E2eCloud extends AsyncDisposable {
  readonly folder: string;
  readonly url: string;
  readonly token: string;
  readonly pid: number;
}

const readySchema = z.object({ url: z.string() });

export interface E2eCloudOptions {
  /** 0 takes a free one. */
  readonly port?: number;
  readonly args?: readonly string[];
  /** Folder of an earlier one, which is then not removed at the end. */
  readonly folder?: string;
}

/** Starts a cloud that makes prices; rejects with what it says where it does not start. */
export async function startE2eCloud(options: E2eCloudOptions = {}): Promise<E2eCloud> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "qw-cloud-"));
  const tokenFile = join(folder, "token");
  const child = spawn(process.execPath, argumentsOf(options, { folder, tokenFile }), {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, QUANTWRIGHT_HOME: join(folder, "home") },
  });
  let words = "";
  child.stderr.on("data", (chunk: Buffer) => (words += chunk.toString("utf8")));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ready = new Promise<string>((resolve) => createInterface({ input: child.stdout }).once("line", resolve));
  const first = await Promise.race([ready, ended.then(() => undefined)]);
  if (first === undefined) throw new Error(`the cloud did not start: ${words}`);
  const { url } = readySchema.parse(parseJson(first));
  return {
    folder,
    url,
    token: readFileSync(tokenFile, "utf8").trim(),
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function argumentsOf(
  { port = 0, args = [] }: E2eCloudOptions,
  { folder, tokenFile }: { readonly folder: string; readonly tokenFile: string },
): string[] {
  const store = ["--port", String(port), "--folder", join(folder, "cloud"), "--token-file", tokenFile];
  const people = ["--organization-id", ORGANIZATION, "--collaborator-id", COLLABORATOR];
  return [PROGRAM, "cloud", "--json", "--data-policy", "synthetic", ...store, ...people, ...args];
}
