import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ALL_TOOLS } from "../src/tools/all-tools.ts";
import { plainSchema } from "./support/plain-schema.ts";
import { spawnServer } from "./support/spawn-server.ts";

const FACTS = fileURLToPath(new URL("../../../../shared/quantconnect/tools.json", import.meta.url));
/** Tools of endpoints that are newer than QuantConnect's server. */
const OURS_ALONE = [
  "read_backtest_logs",
  "read_backtest_trades",
  "read_backtest_report",
  "update_backtest_tags",
  "read_live_trades",
  "update_project_parameters",
];

const factsSchema = z.object({
  tools: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      inputSchema: z.looseObject({ properties: z.looseObject({}) }),
      calls: z.array(z.looseObject({ path: z.string().optional() })),
    }),
  ),
});

describe("the tools", () => {
  it("have unique names, a title and a description that is not the title", () => {
    expect(new Set(ALL_TOOLS.map(({ name }) => name)).size).toBe(ALL_TOOLS.length);
    const poor = ALL_TOOLS.filter(
      ({ title, description }) => title === "" || description.length < 40 || description === title,
    );
    expect(poor.map(({ name }) => name)).toEqual([]);
  });

  it("say truly which only read and which may trade", () => {
    const reading = ALL_TOOLS.filter(({ name }) => /^(?:read|list|check|search|estimate|complete|enhance)_/.test(name));
    const wrong = reading.filter(
      ({ effects, name }) => !effects.readOnlyHint && name !== "read_object_store_file_job_id",
    );
    expect(wrong.map(({ name }) => name)).toEqual([]);
    const trading = [
      "create_live_algorithm",
      "liquidate_live_algorithm",
      "stop_live_algorithm",
      "create_live_command",
      "broadcast_live_command",
    ];
    for (const name of trading) {
      const effects = ALL_TOOLS.find((tool) => tool.name === name)?.effects;
      expect({ name, ...effects }).toMatchObject({
        name,
        readOnlyHint: false,
        destructiveHint: true,
        openWorldHint: true,
      });
    }
  });

  it("take less than 16,000 tokens in tools/list", async () => {
    await using server = await spawnServer();
    const { tools } = await server.client.listTools();
    expect(JSON.stringify(tools).length / 4).toBeLessThan(16_000);
  });
});

describe.skipIf(!existsSync(FACTS))(
  "the contract of QuantConnect's server (skipped without ../shared/quantconnect/tools.json)",
  () => {
    const facts = existsSync(FACTS) ? factsSchema.parse(JSON.parse(readFileSync(FACTS, "utf8"))).tools : [];

    it("has the same tools under the same titles", () => {
      expect(facts).toHaveLength(64);
      const ours = ALL_TOOLS.filter(({ name }) => !OURS_ALONE.includes(name));
      expect(ours.map(({ name, title }) => `${name}: ${title}`).sort()).toEqual(
        facts.map(({ name, title }) => `${name}: ${title}`).sort(),
      );
    });

    it("calls the same endpoints", () => {
      const different = facts.flatMap(({ name, calls }) => {
        const target = ALL_TOOLS.find((tool) => tool.name === name)?.target;
        return target?.kind !== "api" || target.path === calls[0]?.path ? [] : [name];
      });
      expect(different).toEqual([]);
    });

    it.each(facts.map(({ name, inputSchema }) => ({ name, inputSchema })))(
      "has the input fields of $name",
      async ({ name, inputSchema }) => {
        const wrapped = inputSchema.properties["model"];
        const theirs = plainSchema(wrapped ?? { ...inputSchema, title: undefined }, inputSchema);
        const tool = ALL_TOOLS.find((candidate) => candidate.name === name);
        const ours = plainSchema(z.toJSONSchema(tool?.input ?? z.never(), { io: "input", unrepresentable: "any" }));
        expect(withoutDialect(ours)).toEqual(theirs);
      },
    );
  },
);

function withoutDialect(schema: unknown): unknown {
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== "$schema"));
}
