import type { z } from "zod";

/** What a tool does to the world, in the protocol's hints. All four are always stated. */
export interface ToolEffects {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

export type ToolArguments = Readonly<Record<string, unknown>>;

/** One call of the API. `path` begins with a slash. */
export interface ApiRequest {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** `multipart` sends every value as a text part, but `objectData` as a file. */
  readonly encoding: "json" | "multipart";
  readonly timeoutMs: number;
  /** Not to wait behind others: it stops or reduces. */
  readonly isUrgent?: boolean;
  /** How long it may be held back at most, if not as long as it may take. */
  readonly longestWaitMs?: number;
  /** It changes nothing, so that it may be asked again. */
  readonly isRepeatable?: boolean;
}

/** A tool as data: everything the generic caller and `tools/list` need. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  readonly effects: ToolEffects;
  /** Where the call goes. `local` answers without the network, `authorization` is the two-step exchange of OAuth. */
  readonly target:
    | {
        readonly kind: "api";
        readonly path: string;
        readonly encoding: ApiRequest["encoding"];
        readonly timeoutMs: number;
      }
    | { readonly kind: "local"; readonly answer: () => Readonly<Record<string, unknown>> }
    | { readonly kind: "authorization" };
  /** Arguments whose inside is the caller's own: nothing in them is dropped, not even null. */
  readonly freeForm: readonly string[];
  /** Values sent where the caller gave none. */
  readonly presets: Readonly<Record<string, unknown>>;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/** Only reads. */
export const READS: ToolEffects = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: true,
};
/** Adds something new with every call. */
export const CREATES: ToolEffects = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: false,
  openWorldHint: true,
};
/** Adds something; the same call again adds nothing. */
export const ADDS_ONCE: ToolEffects = { ...CREATES, idempotentHint: true };
/** Replaces or removes; the same call again changes nothing more. */
export const REPLACES: ToolEffects = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: true,
  openWorldHint: true,
};
/** May trade, and trades again when called again. */
export const TRADES: ToolEffects = { ...REPLACES, idempotentHint: false };

interface ApiToolDefinition {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  readonly effects: ToolEffects;
  readonly path: string;
  readonly encoding?: ApiRequest["encoding"];
  readonly timeoutMs?: number;
  readonly freeForm?: readonly string[];
  readonly presets?: Readonly<Record<string, unknown>>;
}

/** A tool that is one POST of its arguments. */
export function apiTool(definition: ApiToolDefinition): Tool {
  const { path, encoding = "json", timeoutMs = DEFAULT_TIMEOUT_MS, freeForm = [], presets = {}, ...rest } = definition;
  return { ...rest, freeForm, presets, target: { kind: "api", path, encoding, timeoutMs } };
}

/** The request of an API tool: nulls are left out, as the API knows no null; presets fill what the caller left out. */
export function requestBody(tool: Tool, args: ToolArguments): Record<string, unknown> {
  const given = Object.entries(args)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => [key, tool.freeForm.includes(key) ? value : withoutNulls(value)] as const);
  return { ...tool.presets, ...Object.fromEntries(given) };
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null && inner !== undefined)
      .map(([key, inner]) => [key, withoutNulls(inner)]),
  );
}
