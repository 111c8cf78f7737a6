import type { CallToolResult } from "@modelcontextprotocol/server";
import type { ResultStore } from "./result-store.ts";
import { summarise } from "./summarise.ts";

/** Longer answers are summarised. About 8,000 tokens. */
const MOST_CHARACTERS = 32_000;
const SUMMARY_CHARACTERS = 12_000;
const OMISSIONS_LISTED = 30;

/** The answer of a tool before it is put into the protocol's form. */
export interface ToolAnswer {
  readonly tool: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Text before the body: the reason of an error, or a hint. */
  readonly notes: readonly string[];
  readonly isError: boolean;
}

/** Puts an answer into content and structured content: whole while it is short, else a summary and a resource. */
export function renderAnswer(answer: ToolAnswer, results: ResultStore): CallToolResult {
  const text = JSON.stringify(answer.body);
  const notes = answer.notes.map((note) => ({ type: "text" as const, text: note }));
  const isError = answer.isError ? { isError: true } : {};
  if (text.length <= MOST_CHARACTERS) {
    return { content: [...notes, { type: "text", text }], structuredContent: { ...answer.body }, ...isError };
  }
  const stored = results.put(answer.tool, text);
  const { value, omissions } = summarise(answer.body, SUMMARY_CHARACTERS);
  const summary = {
    complete: false,
    characters: stored.characters,
    resource: stored.uri,
    chunks: stored.chunks,
    omitted: omissions.slice(0, OMISSIONS_LISTED),
    omittedPlaces: omissions.length,
  };
  const structuredContent = { ...asRecord(value), _summary: summary };
  return {
    content: [
      ...notes,
      {
        type: "text",
        text:
          `This answer has ${stored.characters} characters, so only the heads of its long parts follow; _summary lists ` +
          `what is left out. The whole is kept as resource ${stored.uri} (parts ${stored.uri}/1 to /${stored.chunks}, ` +
          `or ${stored.uri}/full). Ask for a smaller range or one item where the tool allows it.`,
      },
      { type: "text", text: JSON.stringify(structuredContent) },
      {
        type: "resource_link",
        uri: stored.uri,
        name: `${answer.tool} result`,
        description: `Full answer of ${answer.tool}: ${stored.characters} characters in ${stored.chunks} parts`,
        mimeType: "application/json",
      },
    ],
    structuredContent,
    ...isError,
  };
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
