import { z } from "zod";
import { envelopeSchema } from "../domain/envelope.ts";
import { accepted, refused, RefusalError, type Outcome, type Refusal } from "../domain/refusal.ts";
import { visibleText } from "../domain/visible-text.ts";
import { takesOptions, withOptions } from "./call-options.ts";
import { classify, NOTHING_RUNS } from "./classify.ts";
import { listedFault } from "./listed-fault.ts";
import { notServedRefusal } from "./not-served.ts";
import { nearestNames } from "./nearest-names.ts";
import type { Skill } from "./skill.ts";
import { PIN_FORM, pinOf, type PinStore } from "./tool-pin.ts";
import { annotationsOf, OWN_UPSTREAM, type PassedTool, type SkillTool, type Tool, type Toolset } from "./tool.ts";
import type { Upstreams, UpstreamTool } from "./upstream-port.ts";
import { isShallow, passedArguments, skillArguments, type ArgumentsCheck } from "./validate-arguments.ts";

/** An upstream and the prefix of its tools' public names. */
export interface UpstreamSource {
  readonly upstream: string;
  readonly prefix: string;
  /** Pins hold for one build of the upstream: a new version may describe its tools anew. */
  readonly build: string;
  /** Whether its tools are QuantConnect's, and known by name; of others nothing is known, so each counts as live. */
  readonly speaks: "quantconnect" | "unknown";
  /** The upstreams behind a tool, where there are several. */
  readonly answeredBy?: (tool: string) => readonly string[];
}

interface Entry {
  readonly tool: Tool;
  readonly check: ArgumentsCheck;
}

/** A tool of an upstream as the operator sees it: what is pinned, and what its server says now. */
export interface SeenTool {
  readonly upstream: string;
  readonly tool: string;
  readonly name: string;
  /** Why it is in quarantine; null where it is not. */
  readonly quarantined: string | null;
  /** Canonical JSON of both; null where there is nothing that could be pinned. */
  readonly pinned: string | null;
  readonly present: string | null;
  /** Hash of the present one. */
  readonly presentHash: string | null;
}

/** The envelope in each tool's output schema: its fields by name only, because every list of tools carries it often. */
const ENVELOPE = z.looseObject({}).describe(Object.keys(envelopeSchema.shape).join(", "));

/** Every tool there is, by public name: our skills, and what upstreams list, pinned at first use. */
export class Registry {
  readonly #skills: ReadonlyMap<string, Entry>;
  #sources: readonly UpstreamSource[] = [];
  readonly #pins: PinStore;
  #passed = new Map<string, Entry>();
  /** By upstream, everything that it listed last. */
  readonly #seen = new Map<string, readonly SeenTool[]>();

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
    this.#pins = options.pins;
    this.setSources(options.sources);
  }

  /**
   * Says which upstreams there are; tools of others are gone at once.
   * @throws RefusalError `UPSTREAM_NAME_TAKEN` where public names of two sources, or of one and ours, could be the same.
   */
  setSources(sources: readonly UpstreamSource[]): void {
    for (const [index, source] of sources.entries()) {
      const rivals = [...sources.slice(0, index).map(({ prefix }) => prefix), ...this.#skills.keys()];
      const rival = rivals.find((name) => name.startsWith(source.prefix) || source.prefix.startsWith(name));
      if (rival !== undefined) throw nameTaken(source, rival);
    }
    this.#sources = sources;
    const names = new Set(sources.map(({ upstream }) => upstream));
    this.#passed = new Map(
      [...this.#passed].filter(([, { tool }]) => tool.kind === "passed" && names.has(tool.upstream)),
    );
    for (const upstream of this.#seen.keys()) if (!names.has(upstream)) this.#seen.delete(upstream);
  }

  /** Lists the tools of an upstream anew. A tool that changed since it was pinned is quarantined, not replaced. */
  async refresh(upstreams: Pick<Upstreams, "tools">, upstream: string): Promise<void> {
    const source = this.#sources.find((candidate) => candidate.upstream === upstream);
    if (source === undefined) return;
    const tools = await upstreams.tools(upstream);
    const times = new Map<string, number>();
    for (const { name } of tools) times.set(name, (times.get(name) ?? 0) + 1);
    const listed = await Promise.all(
      [...new Map(tools.map((tool) => [tool.name, tool])).values()].map((tool) =>
        this.#listed(source, tool, times.get(tool.name) ?? 1),
      ),
    );
    // It may have been taken away while it was asked.
    if (!this.#sources.includes(source)) return;
    const others = [...this.#passed].filter(([, { tool }]) => tool.kind === "passed" && tool.upstream !== upstream);
    this.#passed = new Map([...others, ...listed.map(({ entry }) => [entry.tool.name, entry] as const)]);
    this.#seen.set(
      upstream,
      listed.map(({ seen }) => seen),
    );
  }

  /** What an upstream listed last, quarantined tools included. */
  seen(upstream: string): readonly SeenTool[] {
    return this.#seen.get(upstream) ?? [];
  }

  /**
   * Pins what an upstream's tool is now, after an operator saw the difference. The hash is that of what he saw.
   * @throws RefusalError `TOOL_UNKNOWN`, or `PIN_OUTDATED` where the tool is another one by now.
   */
  async pin(
    upstreams: Pick<Upstreams, "tools">,
    which: { upstream: string; tool: string; hash: string },
  ): Promise<void> {
    const source = this.#sources.find((candidate) => candidate.upstream === which.upstream);
    const tool = (await upstreams.tools(which.upstream)).find(({ name }) => name === which.tool);
    if (source === undefined || tool === undefined) {
      throw new RefusalError({
        code: "TOOL_UNKNOWN",
        message: `${which.upstream} lists no tool "${visibleText(which.tool, 100)}"`,
        remedy: "see `quantwright upstream list --tools`",
      });
    }
    const pin = isShallow(tool) ? pinOf(tool) : undefined;
    if (pin?.hash !== which.hash) {
      throw new RefusalError({
        code: "PIN_OUTDATED",
        message: `${which.tool} changed again after its difference was shown`,
        remedy: "look at the difference again",
      });
    }
    await this.#pins.replace(pinKey(source), tool.name, pin);
    await this.refresh(upstreams, which.upstream);
  }

  async #listed(
    source: UpstreamSource,
    listed: UpstreamTool,
    times: number,
  ): Promise<{ readonly entry: Entry; readonly seen: SeenTool }> {
    const name = `${source.prefix}${listed.name}`;
    const named = { upstream: source.upstream, tool: listed.name, name };
    const fault = listedFault(name, listed, { taken: this.#skills.has(name), times });
    if (fault !== undefined) {
      // Not even its schema is kept: it may be what cannot be walked.
      const bare = { name: listed.name, inputSchema: { type: "object" } };
      const check = argumentsCheck(bare).check;
      return {
        entry: { tool: passedTool(source, bare, fault), check },
        seen: { ...named, quarantined: fault, pinned: null, present: null, presentHash: null },
      };
    }
    const pin = pinOf(listed);
    const held = await this.#pins.seen(pinKey(source), listed.name, pin);
    const check = argumentsCheck(listed, source.speaks === "quantconnect");
    const changed = held.hash === pin.hash ? undefined : "its definition changed after it was first used";
    const tool = passedTool(source, listed, changed ?? check.fault);
    const quarantined = tool.quarantined ?? null;
    const both = { pinned: held.definition, present: pin.definition, presentHash: pin.hash };
    return { entry: { tool, check: check.check }, seen: { ...named, quarantined, ...both } };
  }

  /** Resolves a public name, or names the nearest ones. */
  resolve(name: string): Outcome<Entry> {
    const entry = this.#skills.get(name) ?? this.#passed.get(name);
    const lacking = this.#notServed(name, entry);
    if (lacking !== undefined) return refused(lacking);
    if (entry === undefined) {
      // What a tool in quarantine is called is its server's word.
      const offered = [...this.#passed.values()].flatMap(({ tool }) =>
        tool.kind === "passed" && tool.quarantined === undefined ? [tool.name] : [],
      );
      const near = nearestNames(name, [...this.#skills.keys(), ...offered]);
      return refused({
        code: "TOOL_UNKNOWN",
        message: `there is no tool "${visibleText(name, 100)}"`,
        remedy: near.length === 0 ? "list the tools first" : `did you mean ${near.join(", ")}?`,
      });
    }
    if (entry.tool.kind === "passed" && entry.tool.quarantined !== undefined) {
      return refused({
        code: "TOOL_QUARANTINED",
        message: `${visibleText(name, 100)} is in quarantine: ${entry.tool.quarantined}`,
        remedy: "see the difference with `quantwright upstream pin`, or go back to the version you trust",
      });
    }
    return accepted(entry);
  }

  /** Half of a composed call must not be made where the other half cannot be. */
  #notServed(name: string, entry: Entry | undefined): Refusal | undefined {
    if (entry?.tool.kind === "passed") return undefined;
    const prefix = this.passedName(OWN_UPSTREAM, "");
    const ownTool = entry === undefined && name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
    const skill = entry?.tool.skill;
    return notServedRefusal(this.seen(OWN_UPSTREAM), {
      name,
      ...(skill === undefined ? {} : { skill }),
      ...(ownTool === undefined ? {} : { ownTool }),
    });
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

function pinKey({ upstream, build }: UpstreamSource): string {
  return `${upstream}#${build}/${PIN_FORM}`;
}

function nameTaken({ upstream, prefix }: UpstreamSource, rival: string): RefusalError {
  return new RefusalError({
    code: "UPSTREAM_NAME_TAKEN",
    message: `an upstream called "${upstream}" would have tools called ${prefix}…, and there is ${rival} already`,
    remedy: "choose another name for it",
  });
}

/** One tool with a schema that cannot be read must not take the others with it: it goes into quarantine. */
function argumentsCheck(
  listed: UpstreamTool,
  closed = false,
): { readonly check: ArgumentsCheck; readonly fault: string | undefined } {
  try {
    const check = passedArguments(listed.inputSchema, listed.name, { closed });
    // A schema that goes round in circles is found by being used.
    check({});
    return { check, fault: undefined };
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
    outputSchema: jsonSchema(skill.output.partial().extend({ envelope: ENVELOPE }), "output"),
    annotations: annotationsOf(skill.class, skill.title),
    toolsets: skill.trading === true ? ["desk", "full"] : ["desk", "research", "full"],
    takesOptions: takesOptions(skill.class),
  };
}

function passedTool(source: UpstreamSource, listed: UpstreamTool, quarantined: string | undefined): PassedTool {
  const title = listed.title ?? listed.name;
  // The class without arguments is the gravest one that the tool can have.
  const gravest = source.speaks === "quantconnect" ? classify(listed.name, {}, NOTHING_RUNS) : "live";
  return {
    kind: "passed",
    upstream: source.upstream,
    speaks: source.speaks,
    tool: listed.name,
    name: `${source.prefix}${listed.name}`,
    title,
    description: listed.description ?? title,
    inputSchema: takesOptions(gravest) ? withOptions(listed.inputSchema) : listed.inputSchema,
    ...(listed.outputSchema === undefined ? {} : { outputSchema: listed.outputSchema }),
    annotations: annotationsOf(gravest, title),
    toolsets: ["full"],
    takesOptions: takesOptions(gravest),
    ...(source.answeredBy === undefined ? {} : { answeredBy: source.answeredBy(listed.name) }),
    ...(quarantined === undefined ? {} : { quarantined }),
  };
}

/** Every whole number has them; they say nothing to a model and fill the list of tools. */
function withoutSafeBounds({ jsonSchema: made }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (made.minimum === Number.MIN_SAFE_INTEGER) delete made.minimum;
  if (made.maximum === Number.MAX_SAFE_INTEGER) delete made.maximum;
}

function jsonSchema(schema: z.ZodObject, io: "input" | "output"): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any", override: withoutSafeBounds });
  return io === "input" ? { ...rest, additionalProperties: false } : { ...rest, additionalProperties: true };
}
