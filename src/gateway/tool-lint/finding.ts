import type { CallClass } from "../../domain/call-class.ts";

/** A tool as clients see it, with our own class of it where it is known. */
export interface LintedTool {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>> | undefined;
  readonly annotations?: Readonly<Record<string, unknown>> | undefined;
  readonly class?: CallClass | undefined;
}

/** What is wrong with a tool. An error keeps some client from using it, or deceives; a warning is a weakness. */
export interface Finding {
  readonly tool: string;
  readonly rule: string;
  readonly level: "error" | "warning";
  readonly message: string;
}

/** A rule looks at one tool. */
export type Rule = (tool: LintedTool) => Iterable<Omit<Finding, "tool">>;

export function errorOf(rule: string, message: string): Omit<Finding, "tool"> {
  return { rule, level: "error", message };
}

export function warningOf(rule: string, message: string): Omit<Finding, "tool"> {
  return { rule, level: "warning", message };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
