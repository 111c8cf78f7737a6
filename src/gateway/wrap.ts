import type { Envelope } from "../domain/envelope.ts";
import type { Refusal } from "../domain/refusal.ts";
import type { ToolResult } from "./upstream-port.ts";

/** Results of our own tools over this many characters are kept and answered as a summary with a reference. */
export const LONG_RESULT = 32_000;

/** A skill's answer as a tool result: text and structured content say the same. */
export function wrapSkillAnswer(data: unknown, envelope: Envelope): ToolResult {
  const structuredContent = { ...(data as Readonly<Record<string, unknown>>), envelope };
  return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
}

/** The stand-in for a long answer: which sections it has, how long they are, and how to read them page by page. */
export function wrapLongAnswer(
  data: unknown,
  envelope: Envelope,
  reference: { readonly hash: string; readonly characters: number },
): ToolResult {
  const sections = Object.entries(data as Readonly<Record<string, unknown>>).map(([name, value]) => ({
    name,
    characters: JSON.stringify(value)?.length ?? 0,
    ...(Array.isArray(value) ? { items: value.length } : {}),
  }));
  const uri = `quantwright://results/${reference.hash}`;
  const resultRef = { uri, resultRef: reference.hash, characters: reference.characters, sections };
  const structuredContent = {
    resultRef,
    next: `call run_result with {"resultRef":"${reference.hash}","section":"…"} to read a section`,
    envelope,
  };
  return {
    content: [
      { type: "text", text: JSON.stringify(structuredContent) },
      { type: "resource_link", uri, name: "result", mimeType: "application/json" },
    ],
    structuredContent,
  };
}

/** A passed-through result: untouched, with the envelope beside it and one short text about it. */
export function wrapPassedAnswer(result: ToolResult, envelope: Envelope): ToolResult {
  const instead = envelope.fallbackFor === undefined ? "" : ` in place of ${envelope.fallbackFor.join(", ")}`;
  const note = `[${envelope.profile} · ${envelope.source}${instead} · ${envelope.asOf} · audit ${envelope.auditSeq}]`;
  return {
    ...result,
    content: [...result.content, { type: "text", text: note }],
    _meta: { ...result._meta, "quantwright/envelope": envelope },
  };
}

/** A refusal as a tool result that a model can act on. */
export function wrapRefusal(refusal: Refusal, envelope: Envelope | undefined): ToolResult {
  const text =
    refusal.remedy === undefined
      ? `${refusal.code}: ${refusal.message}`
      : `${refusal.code}: ${refusal.message}\nWhat to do: ${refusal.remedy}`;
  return {
    content: [{ type: "text", text }],
    isError: true,
    _meta: { "quantwright/refusal": refusal, ...(envelope === undefined ? {} : { "quantwright/envelope": envelope }) },
  };
}
