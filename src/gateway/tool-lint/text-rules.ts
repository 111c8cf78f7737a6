import { visibleText } from "../../domain/visible-text.ts";
import { errorOf, isObject, warningOf, type Rule } from "./finding.ts";

const LONG = 1024;
const TOO_LONG = 8 * 1024;
const DEEPEST = 48;

/** Texts that speak to a model rather than about a tool. They need not be meant badly, so each is for a person to judge. */
const INSTRUCTIONS: readonly (readonly [string, RegExp])[] = [
  [
    "tells to ignore what was said",
    /\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:previous|prior|above|earlier|other|all|any|instructions?|rules?)\b/i,
  ],
  [
    "asks for secrecy",
    /\b(?:do not|don't|never|without)\b.{0,30}\b(?:tell|mention|inform|reveal|notify|ask|show)(?:ing)?\b.{0,30}\b(?:user|human|operator|person|anyone)\b/i,
  ],
  [
    "claims to be a system message",
    /<\/?(?:system|important|instructions?|admin|secret)\b[^>]*>|\[(?:system|inst)\]|^\s*system\s*:/im,
  ],
  [
    "asks to read or send what is secret",
    /\b(?:read|send|include|pass|attach|exfiltrate|upload)\b.{0,60}(?:\.ssh|\.env\b|id_rsa|api[ _-]?keys?|passwords?|credentials?|private keys?|conversation|chat history|system prompt)/i,
  ],
  [
    "commands the use of itself or of other tools",
    /\b(?:you must|always|before (?:using|calling)|instead of)\b.{0,40}\b(?:call|use|invoke|run)\b.{0,20}\b(?:this tool|tool first|other tools?|any other)/i,
  ],
  [
    "plays a part",
    /\byou are (?:now )?(?:a|an|the)\b.{0,40}\b(?:assistant|agent|model|admin|administrator|developer)\b/i,
  ],
];

/** Descriptions that are there, short, and say what they show. */
export const textRules: Rule = function* ({ description, title, inputSchema, outputSchema, annotations }) {
  if (description === undefined || description.trim() === "")
    yield errorOf("description-missing", "it has no description");
  const { length } = description ?? "";
  if (length > TOO_LONG) yield errorOf("description-length", `its description has ${length} characters`);
  else if (length > LONG) yield warningOf("description-length", `its description has ${length} characters`);
  if (title === undefined && annotations?.["title"] === undefined) yield warningOf("title-missing", "it has no title");
  const texts = [
    ["description", description ?? ""],
    ["title", title ?? ""],
    ...textsIn(inputSchema, "input schema"),
    ...textsIn(outputSchema, "output schema"),
  ] as const;
  for (const [where, text] of texts) {
    // Lines and tabs are seen as what they are.
    const flat = text.replaceAll(/[\n\r\t]/g, " ");
    if (visibleText(flat, Number.MAX_SAFE_INTEGER) !== flat) {
      yield errorOf("text-hidden", `its ${where} has characters that a person does not see: ${visibleText(flat, 200)}`);
    }
    for (const [what, pattern] of INSTRUCTIONS) {
      const found = pattern.exec(flat)?.[0];
      if (found !== undefined) yield warningOf("text-instructs", `its ${where} ${what}: "${visibleText(found, 120)}"`);
    }
  }
};

/** Every text of a schema that a model reads: names of fields, descriptions, titles, choices, defaults, examples. */
function* textsIn(value: unknown, where: string, level = 0): Iterable<readonly [string, string]> {
  if (level > DEEPEST) return;
  if (typeof value === "string") yield [where, value];
  if (Array.isArray(value)) for (const member of value) yield* textsIn(member, where, level + 1);
  if (!isObject(value)) return;
  for (const [key, member] of Object.entries(value)) {
    yield [where, key];
    // A pattern is no text, and may well name control characters.
    if (key !== "pattern" || typeof member !== "string") yield* textsIn(member, where, level + 1);
  }
}
