import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backtestRun, type RunCall } from "../../src/agents/backtest-run.ts";
import type { Run } from "../../src/domain/run.ts";
import { RefusalError } from "../../src/domain/refusal.ts";
import type { RunDefinition } from "../../src/runs/run-definition.ts";
import { Artifacts } from "../../src/store/artifacts.ts";
import { openDatabase } from "../../src/store/database.ts";
import { deskMigrations } from "../../src/store/desk/migrations.ts";
import type { DeskTables } from "../../src/store/desk/schema.ts";
import { DurableRuns } from "../../src/store/runs/durable-runs.ts";
import { RunStore } from "../../src/store/runs/run-store.ts";

type Body = Readonly<Record<string, unknown>>;
type Answer = (args: Body, signal: AbortSignal | undefined) => Body | Promise<Body>;

/** A cloud that answers the tools of a backtest, remembers what was made, and does otherwise where a test says so. */
export class ScriptedCloud {
  readonly asked: string[] = [];
  readonly backtests = new Map<string, string>();
  readonly instead = new Map<string, Answer>();
  completed = true;

  readonly call: RunCall = async ({ tool, arguments: args, signal }) => {
    this.asked.push(tool);
    signal?.throwIfAborted();
    const instead = this.instead.get(tool);
    return instead === undefined ? this.usual(tool, args) : instead(args, signal);
  };

  count(tool: string): number {
    return this.asked.filter((name) => name === tool).length;
  }

  usual(tool: string, args: Body): Body {
    switch (tool) {
      case "create_compile":
        return { compileId: "c1", state: "InQueue" };
      case "read_compile":
        return { state: "BuildSuccess" };
      case "create_backtest": {
        const backtestId = `b${this.backtests.size + 1}`;
        this.backtests.set(backtestId, String(args["backtestName"]));
        return { backtest: { backtestId } };
      }
      case "list_backtests":
        return { backtests: [...this.backtests].map(([backtestId, name]) => ({ backtestId, name })) };
      case "read_backtest":
        return {
          backtest: {
            completed: this.completed,
            progress: 0.5,
            status: this.completed ? "Completed." : "In Progress...",
            statistics: { "Sharpe Ratio": "1.5" },
            quantwright: { fills: [1, 2], status: "x" },
          },
        };
      case "delete_backtest":
        this.backtests.delete(String(args["backtestId"]));
        return {};
      default:
        throw new Error(`nobody expected ${tool}`);
    }
  }
}

export function refuse(code: string, retryable = false): () => never {
  return () => {
    throw new RefusalError({ code, message: code.toLowerCase(), retryable });
  };
}

/** A call that ends only when it is aborted. */
export const hang: Answer = (_, signal) =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason as Error));
  });

export interface Bench extends AsyncDisposable {
  readonly runs: DurableRuns;
  readonly store: RunStore;
  readonly folder: string;
  readonly logged: string[];
}

let ids = 0;

/** Durable runs in a folder, with the backtest as the kind of run. */
export async function openRuns(
  call: RunCall,
  options: { readonly folder?: string; readonly more?: readonly RunDefinition[] } = {},
): Promise<Bench> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "quantwright-runs-"));
  const database = await openDatabase<DeskTables>({ kind: "sqlite", file: join(folder, "desk.db") }, deskMigrations);
  const store = new RunStore(database);
  const logged: string[] = [];
  const runs = new DurableRuns(
    {
      file: join(folder, "runs.db"),
      store,
      artifacts: new Artifacts(join(folder, "artifacts")),
      clock: { now: () => Date.now() * 1000 },
      newId: () => `r${(ids += 1)}`,
      concurrency: 4,
      log: (line) => logged.push(line),
    },
    [backtestRun(call), ...(options.more ?? [])],
  );
  return {
    runs,
    store,
    folder,
    logged,
    async [Symbol.asyncDispose]() {
      await runs[Symbol.asyncDispose]();
      await database.destroy();
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a disk holds when the power fails now. */
export function diskAsItIs(folder: string): string {
  const copy = mkdtempSync(join(tmpdir(), "quantwright-crash-"));
  cpSync(folder, copy, { recursive: true });
  return copy;
}

export function startBacktest(
  runs: DurableRuns,
  parameters: Readonly<Record<string, string | number>> = {},
): Promise<Run> {
  const input = { projectId: 7, strategyId: "s1", name: "first", parameters };
  return runs.start({ kind: "backtest", title: "backtest first", principal: "host", profile: "local", input });
}

/** Waits until a run fulfils a condition. */
export async function waitFor(runs: DurableRuns, id: string, isSo: (run: Run) => boolean): Promise<Run> {
  let run = await runs.get(id);
  for (let look = 0; look < 500 && run !== undefined && !isSo(run); look += 1)
    run = await runs.waitForChange(id, { version: run.version, milliseconds: 2000 });
  if (run === undefined || !isSo(run)) throw new Error(`the run never came so far: ${JSON.stringify(run)}`);
  return run;
}

export const ended = (run: Run): boolean => ["completed", "failed", "cancelled"].includes(run.state);
