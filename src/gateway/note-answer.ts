import { answerBody } from "./answer-body.ts";
import type { BeforeCompile, CompileBook } from "./compile-book.ts";
import type { Judged } from "./judge-call.ts";
import { OWN_UPSTREAM, type PassedTool } from "./tool.ts";
import type { Opening, TrialRecorder } from "./trial-recorder.ts";
import type { ToolResult } from "./upstream-port.ts";

interface Ledgers {
  readonly trials: TrialRecorder;
  readonly compiles: CompileBook;
}

/** What was noted before a call was sent, to be completed by its answer. */
export interface Noted {
  readonly opening: Opening | undefined;
  /** The files that are about to be compiled. */
  readonly compiling: BeforeCompile | undefined;
}

const NOTHING: Noted = { opening: undefined, compiling: undefined };

/**
 * What a call opens in the ledgers, found out before its intent is committed with it.
 * @throws RefusalError for an optimisation whose points cannot be recorded.
 */
export async function openingOf(judged: Judged, tool: PassedTool, { trials, compiles }: Ledgers): Promise<Noted> {
  const { args, callId, request } = judged;
  // Another server's word about backtests is no evidence, whatever its tools are called.
  if (tool.upstream !== OWN_UPSTREAM) return NOTHING;
  const opening = await trials.prepare({ tool: tool.tool, arguments: args, callId, principal: request.principal });
  const projectId = tool.tool === "create_compile" ? args["projectId"] : undefined;
  // A compile of files that cannot be read is made all the same; it only cannot be deployed.
  const compiling = typeof projectId === "number" ? await compiles.before(projectId).catch(() => undefined) : undefined;
  return { opening, compiling };
}

/** Lets the ledgers of trials and compiles see how a call ended. */
export async function noteAnswer(
  judged: Judged,
  tool: PassedTool,
  end: Ledgers & {
    readonly noted: Noted | undefined;
    readonly result?: ToolResult;
    readonly error?: string;
    readonly whole: (result: ToolResult) => Promise<Readonly<Record<string, unknown>>>;
  },
): Promise<void> {
  const { trials, compiles, noted, result, error } = end;
  const opening = noted?.opening;
  if (opening !== undefined && error !== undefined) await trials.answered(opening, { error });
  if (result === undefined || tool.upstream !== OWN_UPSTREAM) return;
  if (opening !== undefined) await trials.answered(opening, { body: answerBody(result) });
  const { projectId } = judged.args;
  if (noted?.compiling !== undefined && typeof projectId === "number") {
    await compiles.compiled(projectId, noted.compiling, await end.whole(result));
  }
  await trials.observed(tool.tool, judged.args, () => end.whole(result));
}
