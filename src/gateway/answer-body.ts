import { z } from "zod";
import { parseJson } from "../domain/parse-json.ts";
import type { ToolResult } from "./upstream-port.ts";

const objectSchema = z.record(z.string(), z.unknown());
const summarySchema = z.object({ _summary: z.object({ resource: z.string() }) });

/** The structured body of an upstream's answer: its structured content, else its text when that is a JSON object. */
export function answerBody(result: ToolResult): Readonly<Record<string, unknown>> {
  const structured = objectSchema.safeParse(result.structuredContent);
  if (structured.success) return structured.data;
  for (const block of result.content) {
    if (block["type"] !== "text" || typeof block["text"] !== "string") continue;
    try {
      const parsed = objectSchema.safeParse(parseJson(block["text"]));
      if (parsed.success) return parsed.data;
    } catch {
      // Not JSON: a note for people.
    }
  }
  return {};
}

/** The whole body, fetched as a resource where the answer was only a summary. */
export async function wholeBody(
  result: ToolResult,
  readResource: (uri: string) => Promise<string>,
): Promise<Readonly<Record<string, unknown>>> {
  const body = answerBody(result);
  const summary = summarySchema.safeParse(body);
  if (!summary.success) return body;
  return objectSchema.parse(parseJson(await readResource(`${summary.data._summary.resource}/full`)));
}

/** The text of an error result, or undefined when it is none. Business errors carry `success: false` and `errors`. */
export function errorText(result: ToolResult): string | undefined {
  const body = answerBody(result);
  const errors = z.array(z.string()).safeParse(body["errors"]);
  if (result.isError !== true && body["success"] !== false) return undefined;
  if (errors.success && errors.data.length > 0) return errors.data.join("; ");
  const texts = result.content.flatMap((block) => (typeof block["text"] === "string" ? [block["text"]] : []));
  return texts.join(" ").slice(0, 1000) || "the server gave no reason";
}

/** Whether the server itself says of an error that the call may have had its effect. */
export function isEffectUnknown({ _meta }: ToolResult): boolean {
  return _meta?.["quantwright/effect"] === "unknown";
}

/** Whether the server says of a read that it was refused for the number of calls, so that it is answered later. */
export function mayRepeat({ _meta }: ToolResult): boolean {
  return _meta?.["quantwright/repeat"] === "later";
}
