import { createHash } from "node:crypto";
import { request, type IncomingMessage } from "node:http";
import { z } from "zod";
import { parseJson } from "../../domain/parse-json.ts";
import { forEachLine } from "../process/log-lines.ts";

const stateSchema = z.object({ pid: z.int(), live: z.int() });

/** What a local cloud says of itself: its process, and how many live deployments run in it. */
export type CloudState = z.infer<typeof stateSchema>;

export interface CloudAddress {
  /** Base of its API. */
  readonly url: string;
  readonly userId: string;
  readonly token: string;
}

/** A connection that is held for as long as somebody needs the cloud. */
export interface Lifeline {
  readonly state: CloudState;
  /** Resolves when the connection is gone, whoever ended it. */
  readonly lost: Promise<void>;
  close(): void;
}

const ANSWER_MILLISECONDS = 5000;

/** Opens a lifeline; rejects where nobody answers, or does not want to. */
export async function openLifeline(address: CloudAddress): Promise<Lifeline> {
  const response = await ask(address, "/quantwright/lifeline");
  const lost = new Promise<void>((resolve) => response.once("close", resolve));
  response.on("error", () => undefined);
  const first = new Promise<string>((resolve) => forEachLine(response, resolve));
  try {
    const line = await inTime(Promise.race([first, lost.then(() => "nothing")]), () => response.destroy());
    return { state: stateSchema.parse(parseJson(line)), lost, close: () => response.destroy() };
  } catch (error) {
    response.destroy();
    throw error;
  }
}

/** What the cloud says of itself; rejects where nobody answers, or does not want to. */
export async function askCloudState(address: CloudAddress): Promise<CloudState> {
  const response = await ask(address, "/quantwright/state");
  const text = await inTime(
    response.setEncoding("utf8").reduce((all: string, part: string) => all + part, ""),
    () => response.destroy(),
  );
  return stateSchema.parse(parseJson(text));
}

function ask({ url, userId, token }: CloudAddress, path: string): Promise<IncomingMessage> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const hash = createHash("sha256").update(`${token}:${timestamp}`).digest("hex");
  const headers = { timestamp, authorization: `Basic ${Buffer.from(`${userId}:${hash}`).toString("base64")}` };
  const asked = request(new URL(path, url), { headers, agent: false });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asked.once("error", reject);
    asked.once("response", (response) => {
      if (response.statusCode === 200) return resolve(response);
      response.destroy();
      reject(new Error(`the local cloud answers ${String(response.statusCode)}`));
    });
    asked.end();
  });
  return inTime(answered, () => asked.destroy());
}

function inTime<T>(work: Promise<T>, giveUp: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`the local cloud does not answer in ${ANSWER_MILLISECONDS / 1000} s`));
      giveUp();
    }, ANSWER_MILLISECONDS);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
