import type { DataSource } from "../lean/data-source.ts";
import type { SandboxReply } from "../lean/sandbox-protocol.ts";
import type { AlgorithmClock } from "./algorithm-clock.ts";
import { compileProject } from "./compile.ts";
import type { MemoryCap } from "./memory-cap.ts";
import type { MessagePipe } from "./message-pipe.ts";
import type { PythonRuntime } from "./python-runtime.ts";
import { RemoteObjectStore } from "./remote-object-store.ts";
import { runJob } from "./run-job.ts";
import { runLive } from "./run-live.ts";

/** An executor that is ready: its interpreter, and all that runs need beside it. */
export interface Executor {
  readonly runtime: PythonRuntime;
  /** Where the interpreter's board is written, anew at each call. */
  readonly boardMemory: () => ArrayBufferLike;
  readonly data: DataSource;
  readonly clock: AlgorithmClock;
  readonly memory: MemoryCap;
  /** Sets who hears what Python prints. */
  readonly onPrint: (sink: (text: string) => void) => void;
  /** What results say of the interpreter; left out for the sandbox's own. */
  readonly name?: string;
}

/** Says that the executor is ready and does what its supervisor asks, until that closes the pipe. */
export function serveSupervisor(
  pipe: MessagePipe,
  ready: Extract<SandboxReply, { type: "ready" }>,
  executor: Executor,
): void {
  const { runtime, memory } = executor;
  pipe.send(ready);
  for (let next = pipe.receive(); next !== undefined; next = pipe.receive()) {
    if (next.type === "compile") {
      pipe.send({ type: "compiled", report: compileProject(runtime, next.files, next.entry) });
    } else if (next.type === "backtest") {
      memory.set(next.job.limits.memoryMib);
      const result = runJob(next.job, {
        ...executor,
        ...(next.hasObjectStore ? { objectStore: new RemoteObjectStore(pipe) } : {}),
        onProgress: (progress) => pipe.send({ type: "progress", progress }),
      });
      pipe.send({ type: "result", result });
    } else if (next.type === "live-start") {
      memory.set(next.job.memoryMib);
      runLive(next.job, { ...executor, pipe });
      return;
    }
  }
}
