import { createHash } from "node:crypto";
import { canonicalJson } from "../domain/canonical-json.ts";
import type { UpstreamTool } from "./upstream-port.ts";

/** Grows when `pinOf` covers something else: pins of another form say nothing about a tool. */
export const PIN_FORM = 2;

/** What is pinned at first use: everything a model reads of a tool. */
export function pinOf(tool: UpstreamTool): ToolPin {
  const { name, title, description, inputSchema, outputSchema, annotations } = tool;
  const definition = canonicalJson({ name, title, description, inputSchema, outputSchema, annotations });
  return { hash: createHash("sha256").update(definition).digest("hex"), definition };
}

export interface ToolPin {
  readonly hash: string;
  /** Canonical JSON. */
  readonly definition: string;
}

/** Where pins are kept. `seen` stores the first and returns the one that holds. */
export interface PinStore {
  seen(upstream: string, tool: string, pin: ToolPin): Promise<ToolPin>;
  /** An operator's word: this one holds from now on. */
  replace(upstream: string, tool: string, pin: ToolPin): Promise<void>;
}
