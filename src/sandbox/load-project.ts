import { z } from "zod";
import { AlgorithmError } from "../lean/algorithm/algorithm-error.ts";
import { describeFailure } from "./engine-bridge.ts";
import type { MemoryCap } from "./memory-cap.ts";
import type { PythonRuntime } from "./python-runtime.ts";

/** The version of the engine in results; the same as the package's. */
export const ENGINE_VERSION = "0.1.0";

const loadedSchema = z.union([z.object({ name: z.string() }), z.object({ code: z.string(), message: z.string() })]);

/** Loads the project; answers the algorithm's name, or why there is none. */
export function loadProject(
  job: { readonly files: Readonly<Record<string, string>>; readonly entry: string },
  { runtime, memory }: { readonly runtime: PythonRuntime; readonly memory: MemoryCap },
): { name: string } | { error: AlgorithmError } {
  try {
    const loaded = loadedSchema.parse(JSON.parse(runtime.load(JSON.stringify(job.files), job.entry)));
    if ("name" in loaded) return loaded;
    return {
      error: new AlgorithmError(loaded.message, { code: loaded.code, remedy: "Compile the project to see more." }),
    };
  } catch (error) {
    return { error: describeFailure(runtime, error, memory.wasHit) };
  }
}
