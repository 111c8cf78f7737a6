import type { Envelope } from "../domain/envelope.ts";
import { isJsonLonger } from "../domain/json-length.ts";
import type { ToolResult } from "./upstream-port.ts";
import { wrapPassedAnswer } from "./wrap.ts";

/** Clients commonly take messages of 10 MB and end the connection after longer ones. */
const LONGEST_PASSED = 8_000_000;

/** A passed-through result for a client: as it is, or kept and told by its name where it is too long for one. */
export async function passedAnswer(
  result: ToolResult,
  envelope: Envelope,
  artifacts: { put(content: string): Promise<string> },
): Promise<ToolResult> {
  if (!isJsonLonger(result, LONGEST_PASSED)) return wrapPassedAnswer(result, envelope);
  const text = JSON.stringify(result);
  return wrapLargePassed(result, envelope, { hash: await artifacts.put(text), characters: text.length });
}

/**
 * The stand-in for a passed-through result that would be too long for a client. It counts as an error of the tool, so
 * that nobody holds it against the tool's output schema; that the call was made is the first thing that it says.
 */
function wrapLargePassed(
  result: ToolResult,
  envelope: Envelope,
  reference: { readonly hash: string; readonly characters: number },
): ToolResult {
  const { hash, characters } = reference;
  const how = result.isError === true ? "The call failed" : "The call was made and must not be repeated";
  const text = `${how}: its result of ${characters} characters is kept: read it with run_result {"resultRef":"${hash}"}, or ask for less.`;
  const link = { type: "resource_link", uri: `quantwright://results/${hash}`, name: "result" } as const;
  return {
    content: [
      { type: "text", text },
      { ...link, mimeType: "application/json" },
    ],
    isError: true,
    _meta: { "quantwright/envelope": envelope },
  };
}
