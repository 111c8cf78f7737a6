import { z } from "zod";
import { envelopeSchema } from "../domain/envelope.ts";
import { accepted, refused, type Outcome } from "../domain/refusal.ts";
import { takesOptions, withOptions } from "./call-options.ts";
import { classify, NOTHING_RUNS } from "./classify.ts";
import { nearestNames } from "./nearest-names.ts";
import type { Skill } from "./skill.ts";
import { PIN_FORM, pinOf, type PinStore } from "./tool-pin.ts";
import { annotationsOf, type PassedTool, type SkillTool, type Tool, type Toolset } from "./tool.ts";
import type { Upstreams, UpstreamTool } from "./upstream-port.ts";
import { passedArguments, skillArguments, type ArgumentsCheck } from "./validate-arguments.ts";

/** An upstream and the prefix of its tools' public names. */
export interface UpstreamSource {
  readonly upstream: string;
  readonly prefix: string;
  /** Pins hold for one build of the upstream: a new version may describe its tools anew. */
  readonly build: string;
}

interface Entry {
  readonly tool: Tool;
  readonly check: ArgumentsCheck;
}

/** Every tool there is, by public name: our skills, and what upstreams list, pinned at first use. */
export class Registry {
  readonly #skills: ReadonlyMap<string, Entry>;
  readonly #sources: readonly UpstreamSource[];
  readonly #pins: PinStore;
  #passed = new Map<string, Entry>();

  constructor(options: {
    readonly skills: readonly Skill[];
    readonly sources: readonly UpstreamSource[];
    readonly pins: PinStore;
  }) {
    this.#skills = new Map(
      options.skills.map((skill) => [
        skill.name,
        { tool: skillTool(skill), check: skillArguments(skill.input, skill.name) },
      ]),
    );
    this.#sources = options.sources;
    this.#pins = options.pins;
  }

  /** Lists the tools of an upstream anew. A tool that changed since it was pinned is quarantined, not replaced. */
  async refresh(upstreams: Upstreams, upstream: string): Promise<void> {
    const source = this.#sources.find((candidate) => candidate.upstream === upstream);
    if (source === undefined) return;
    const tools = await upstreams.tools(upstream);
    const next = new Map(
      [...this.#passed].filter(([, { tool }]) => tool.kind !== "passed" || tool.upstream !== upstream),
    );
    for (const listed of tools) {
      const pin = pinOf(listed);
      const held = await this.#pins.seen(`${upstream}#${source.build}/${PIN_FORM}`, listed.name, pin);
      const check = argumentsCheck(listed);
      const changed = held.hash === pin.hash ? undefined : "its definition changed after it was first used";
      const tool = passedTool(source, listed, changed ?? check.fault);
      next.set(tool.name, { tool, check: check.check });
    }
    this.#passed = next;
  }

  /** Resolves a public name, or names the nearest ones. */
  resolve(name: string): Outcome<Entry> {
    const entry = this.#skills.get(name) ?? this.#passed.get(name);
    if (entry === undefined) {
      const near = nearestNames(name, [...this.#skills.keys(), ...this.#passed.keys()]);
      return refused({
        code: "TOOL_UNKNOWN",
        message: `there is no tool "${name}"`,
        remedy: near.length === 0 ? "list the tools first" : `did you mean ${near.join(", ")}?`,
      });
    }
    if (entry.tool.kind === "passed" && entry.tool.quarantined !== undefined) {
      return refused({
        code: "TOOL_QUARANTINED",
        message: `${name} is in quarantine: ${entry.tool.quarantined}`,
        remedy: "restart the upstream with the version you trust (`quantwright upstream restart`)",
      });
    }
    return accepted(entry);
  }

  /** The public name of an upstream's tool. */
  passedName(upstream: string, tool: string): string {
    const source = this.#sources.find((candidate) => candidate.upstream === upstream);
    return `${source?.prefix ?? `${upstream}_`}${tool}`;
  }

  /** The tools of a toolset, skills first, in a stable order. What a tool in quarantine says of itself is not shown. */
  list(toolset: Toolset): readonly Tool[] {
    const skills = [...this.#skills.values()].map(({ tool }) => tool);
    const passed = [...this.#passed.values()].map(({ tool }) => tool).sort((a, b) => (a.name < b.name ? -1 : 1));
    return [...skills, ...passed].filter(
      (tool) => tool.toolsets.includes(toolset) && (tool.kind === "skill" || tool.quarantined === undefined),
    );
  }
}

/** One tool with a schema that cannot be read must not take the others with it: it goes into quarantine. */
function argumentsCheck(listed: UpstreamTool): { readonly check: ArgumentsCheck; readonly fault: string | undefined } {
  try {
    return { check: passedArguments(listed.inputSchema, listed.name), fault: undefined };
  } catch (error) {
    const fault = `its input schema cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { check: () => refused({ code: "TOOL_QUARANTINED", message: `${listed.name}: ${fault}` }), fault };
  }
}

function skillTool(skill: Skill): SkillTool {
  return {
    kind: "skill",
    skill,
    name: skill.name,
    title: skill.title,
    description: skill.description,
    inputSchema: takesOptions(skill.class)
      ? withOptions(jsonSchema(skill.input, "input"))
      : jsonSchema(skill.input, "input"),
    // Only the envelope is sure: a long result comes as a reference, and a field may have no value.
    outputSchema: jsonSchema(skill.output.partial().extend({ envelope: envelopeSchema }), "output"),
    annotations: annotationsOf(skill.class, skill.title),
    toolsets: skill.trading === true ? ["desk", "full"] : ["desk", "research", "full"],
    takesOptions: takesOptions(skill.class),
  };
}

function passedTool(source: UpstreamSource, listed: UpstreamTool, quarantined: string | undefined): PassedTool {
  const title = listed.title ?? listed.name;
  // The class without arguments is the gravest one that the tool can have.
  const gravest = classify(listed.name, {}, NOTHING_RUNS);
  return {
    kind: "passed",
    upstream: source.upstream,
    tool: listed.name,
    name: `${source.prefix}${listed.name}`,
    title,
    description: listed.description ?? title,
    inputSchema: takesOptions(gravest) ? withOptions(listed.inputSchema) : listed.inputSchema,
    ...(listed.outputSchema === undefined ? {} : { outputSchema: listed.outputSchema }),
    annotations: annotationsOf(gravest, title),
    toolsets: ["full"],
    takesOptions: takesOptions(gravest),
    ...(quarantined === undefined ? {} : { quarantined }),
  };
}

function jsonSchema(schema: z.ZodObject, io: "input" | "output"): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return io === "input" ? { ...rest, additionalProperties: false } : { ...rest, additionalProperties: true };
}
