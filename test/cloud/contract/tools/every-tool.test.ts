import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ALL_TOOLS } from "../../../../vendor/quantconnect-mcp/src/tools/all-tools.ts";
import { overBothTransports } from "../../support/cloud-caller.ts";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const SELF = "every-tool.test.ts";
const TEXTS = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".test.ts") && name !== SELF)
  .map((name) => readFileSync(`${FOLDER}${name}`, "utf8"))
  .join("\n");

/** They ask nothing of the cloud; the tests of the vendored server call them. */
const LOCAL = ALL_TOOLS.filter(({ target }) => target.kind === "local").map(({ name }) => name);
/** Without an argument nothing can be wrong. */
const WITHOUT_REFUSAL = ["read_account", "list_projects", "read_lean_versions"];
/** The local cloud connects to no brokerage. */
const WITHOUT_SUCCESS = ["authorize_connection"];

const named = (name: string, ...patterns: readonly string[]): boolean =>
  patterns.some((pattern) => new RegExp(pattern.replace("NAME", name)).test(TEXTS));
/** Called by its name, in a loop over names, or in a table of calls. */
const isRefused = (name: string): boolean =>
  named(name, String.raw`refused\(\s*"NAME"`, String.raw`tool of \[[^\]]*"NAME"`, String.raw`\[\s*"NAME", (?:\{|PAGE)`);

describe("the contract suites", () => {
  it("call every tool of the vendored server that asks the cloud, with success", () => {
    const missing = ALL_TOOLS.filter(
      ({ name }) => ![...LOCAL, ...WITHOUT_SUCCESS].includes(name) && !named(name, String.raw`(?:ok|until)\(\s*"NAME"`),
    );
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it("have every tool refused something, but those that take nothing", () => {
    const missing = ALL_TOOLS.filter(({ name }) => ![...LOCAL, ...WITHOUT_REFUSAL].includes(name) && !isRefused(name));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });
});

overBothTransports("every tool", (test) => {
  it.each(ALL_TOOLS.filter(({ name }) => ![...LOCAL, ...WITHOUT_REFUSAL].includes(name)).map(({ name }) => name))(
    "%s refuses arguments of the wrong type in words",
    async (name) => {
      const fields = Object.keys(ALL_TOOLS.find((tool) => tool.name === name)?.input.shape ?? {});
      // A map with a number in it is nothing that any argument of any tool may be.
      const wrong = Object.fromEntries(fields.map((field) => [field, { wrong: [1] }]));
      expect(await test.refused(name, wrong)).toMatch(/\w+ \w+/);
    },
  );

  it.each(
    ALL_TOOLS.filter(({ input, target }) => target.kind !== "local" && !input.safeParse({}).success).map(
      ({ name }) => name,
    ),
  )("%s refuses to do anything without its arguments", async (name) => {
    expect(await test.refused(name, {})).toMatch(/\w+ \w+/);
  });
});
