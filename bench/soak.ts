/**
 * `npm run soak [-- MINUTES [SEED]]`: clients call a real desk through `serve` and through its socket while the upstream,
 * `serve` and the desk are killed at random. Afterwards every call must have had its effect once or not at all, as its
 * caller was told, the audit log must hold together, and no process may be left. Ends with 1 where one of it is not so.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { auditRecordSchema } from "../src/domain/audit-record.ts";
import { openE2eHome, type E2eHome } from "../test/support/e2e-home.ts";
import { judgeSoak, type SoakCall } from "./soak/judge.ts";
import { startKills } from "./soak/random-kills.ts";
import { codeIn, ServeCaller } from "./soak/serve-caller.ts";

const KILLS_A_MINUTE = 25;
const SERVE_CLIENTS = 3;
const PAUSE_MILLISECONDS = 150;
const SHELL_PAUSE_MILLISECONDS = 1500;

const minutes = z.coerce.number().positive().default(10).parse(process.argv[2]);
const seed = z.coerce
  .number()
  .int()
  .default(Date.now() % 1_000_000)
  .parse(process.argv[3]);
const log = (line: string): void => void process.stderr.write(`soak: ${line}\n`);

/** Small numbers that look random and are the same for the same seed. */
function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface World {
  readonly home: E2eHome;
  readonly calls: SoakCall[];
  readonly reads: Map<string, number>;
  readonly until: number;
}

/** A client behind `serve`: writes and reads in turns. */
async function serveClient(world: World, name: string): Promise<void> {
  const caller = new ServeCaller(world.home.env);
  for (let turn = 0; Date.now() < world.until; turn += 1) {
    const own = `${name}-${turn}`;
    world.calls.push({ name: own, end: await caller.call("qc_create_project", { name: own, language: "Py" }) });
    const read = await caller.call("qc_read_account", {});
    world.reads.set(read, (world.reads.get(read) ?? 0) + 1);
    await delay(PAUSE_MILLISECONDS);
  }
  await caller.stop();
}

/** A client at the socket: one command for each call, as scripts make them. */
async function shellClient({ home, calls, until }: World, name: string): Promise<void> {
  for (let turn = 0; Date.now() < until; turn += 1) {
    const own = `${name}-${turn}`;
    const args = JSON.stringify({ name: own, language: "Py" });
    const done = await home.run(["tools", "call", "qc_create_project", args, "--json"]);
    calls.push({ name: own, end: done.code === 0 ? "ok" : codeIn(done.out + done.err) });
    await delay(SHELL_PAUSE_MILLISECONDS);
  }
}

/** The names of all projects, as the cloud itself has stored them. */
function projectsOf({ dataDir }: E2eHome): string[] {
  const database = new DatabaseSync(join(dataDir, "cloud", "cloud.db"), { readOnly: true });
  try {
    const rows = database.prepare("select name from projects").all();
    return rows.map((row) => z.object({ name: z.string() }).parse(row).name);
  } finally {
    database.close();
  }
}

async function soak(home: E2eHome): Promise<string[]> {
  const world: World = { home, calls: [], reads: new Map(), until: Date.now() + minutes * 60_000 };
  await home.run(["up"]);
  const kills = startKills(home.dataDir, { everyMilliseconds: 60_000 / KILLS_A_MINUTE, random: randomFrom(seed) });
  const ticker = setInterval(() => log(`${world.calls.length} writes, kills ${JSON.stringify(kills.made)}`), 30_000);
  const clients = Array.from({ length: SERVE_CLIENTS }, (_, index) => serveClient(world, `serve${index}`));
  await Promise.all([...clients, shellClient(world, "shell"), delay(minutes * 60_000).then(() => kills.stop())]);
  clearInterval(ticker);
  // The desk that starts now closes what the last one left open.
  await home.run(["down"]);
  await home.run(["up"]);
  const exported = (await home.run(["audit", "export"])).lines();
  const records = exported.map((line) => auditRecordSchema.parse(line));
  const names = projectsOf(home);
  const wrong = judgeSoak({ calls: world.calls, projects: names, records });
  const verdict = (await home.run(["audit", "verify", "--json"])).json();
  if (verdict["ok"] !== true) wrong.push(`the audit log is broken: ${JSON.stringify(verdict)}`);
  const ends: Record<string, number> = {};
  for (const { end } of world.calls) ends[end] = (ends[end] ?? 0) + 1;
  const reads = Object.fromEntries(world.reads);
  const summary = {
    minutes,
    seed,
    kills: kills.made,
    writes: ends,
    reads,
    projects: names.length,
    records: records.length,
  };
  process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  return wrong;
}

log(`${minutes} minutes, seed ${seed}`);
// Where a process is left over, putting the home away fails.
await using home = openE2eHome();
const wrong = await soak(home);
for (const line of wrong.slice(0, 50)) process.stdout.write(`WRONG: ${line}\n`);
process.stdout.write(wrong.length === 0 ? "nothing lost, nothing doubled\n" : `${wrong.length} things are wrong\n`);
process.exitCode = wrong.length === 0 ? 0 : 1;
