import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { CALL_CLASSES } from "../../src/domain/call-class.ts";
import { parseJson } from "../../src/domain/parse-json.ts";
import { policySchema } from "../../src/domain/policy.ts";
import type { DeploymentMode } from "../../src/domain/profile.ts";
import { CLASSIFIED_TOOLS, classify, NOTHING_RUNS, type DeploymentState } from "../../src/gateway/classify.ts";
import { decidePolicy } from "../../src/gateway/policy/decide-policy.ts";

const PAGE = readFileSync(fileURLToPath(new URL("../../docs/architecture.md", import.meta.url)), "utf8");
const PROJECT = 7;
const deployed = (projectId: number, mode: DeploymentMode): DeploymentState => ({
  running: new Map([[projectId, { deployId: "L-1", mode }]]),
  flat: new Set(),
});
const STATES = [
  NOTHING_RUNS,
  deployed(PROJECT, "LIVE"),
  deployed(PROJECT, "PAPER"),
  deployed(PROJECT + 1, "LIVE"),
  { ...deployed(PROJECT, "LIVE"), flat: new Set([PROJECT]) },
];
const SHIPPED = policySchema.parse(
  parseJson(readFileSync(fileURLToPath(new URL("../../config/policy.json", import.meta.url)), "utf8")),
);

interface Row {
  readonly classes: readonly string[];
  readonly verdict: string;
  readonly tools: readonly string[];
}

const words = (cell: string): string[] => [...cell.matchAll(/`([a-z0-9_]+)`/g)].map(([, word = ""]) => word);

function rows(): Row[] {
  const from = PAGE.indexOf("### Classes of QuantConnect's tools");
  const section = PAGE.slice(from, PAGE.indexOf("\n## ", from));
  return section
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => {
      const [, classes = "", verdict = "", tools = ""] = line.split("|");
      return { classes: words(classes), verdict: verdict.trim(), tools: words(tools) };
    });
}

/** Every class that a tool takes on: by what is deployed, and by the brokerage. */
function classesOf(tool: string): string[] {
  const paper = { projectId: PROJECT, brokerage: { id: "QuantConnectBrokerage" } };
  const twins = { ...paper, key: "quantwright/s1/state" };
  const other = { ...paper, key: "models/alpha.json" };
  const real = { projectId: PROJECT, brokerage: { id: "InteractiveBrokersBrokerage" } };
  const found = STATES.flatMap((state) => [paper, real, twins, other].map((args) => classify(tool, args, state)));
  return [...new Set(found)];
}

describe("the table of tool classes in docs/architecture.md", () => {
  it("names every tool that is classified by name, once, and no other", () => {
    expect(
      rows()
        .flatMap(({ tools }) => tools)
        .toSorted(),
    ).toEqual([...CLASSIFIED_TOOLS].toSorted());
  });

  it("gives each tool the classes that the gateway gives it", () => {
    const wrong = rows().flatMap(({ classes, tools }) =>
      tools
        .filter((tool) => classesOf(tool).toSorted().join() !== classes.toSorted().join())
        .map((tool) => `${tool}: ${classesOf(tool).join(", ")}`),
    );
    expect(wrong).toEqual([]);
  });

  it("says which classes the policy lets through", () => {
    const verdict = (name: string): string => {
      const known = CALL_CLASSES.find((one) => one === name);
      if (known === undefined) throw new Error(`"${name}" is no class`);
      const question = {
        principal: "cli",
        upstream: "quantconnect",
        tool: "any",
        class: known,
        profile: "local",
      } as const;
      const decided = decidePolicy(
        { ...question, account: null, symbols: [], mode: "none", tainted: false, composedBy: null, at: 0 },
        { kind: "policy", shipped: SHIPPED, own: undefined, version: "" },
      );
      if (decided.kind === "approval") return decided.signatures === 1 ? "1 signature" : "2 signatures";
      return decided.kind === "allow" ? "allowed" : "refused";
    };
    const wrong = rows().filter((row) => {
      const verdicts = [...new Set(row.classes.map(verdict))];
      return verdicts.join(", or ") !== row.verdict;
    });
    expect(wrong).toEqual([]);
  });
});
