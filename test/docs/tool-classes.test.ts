import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { CALL_CLASSES } from "../../src/domain/call-class.ts";
import { CLASSIFIED_TOOLS, classify } from "../../src/gateway/classify.ts";
import { decide } from "../../src/gateway/policy.ts";

const PAGE = readFileSync(fileURLToPath(new URL("../../docs/architecture.md", import.meta.url)), "utf8");
const PROJECT = 7;
const NOTHING_LIVE = { liveProjects: new Set<number>() };
const PROJECT_LIVE = { liveProjects: new Set([PROJECT]) };
const ANOTHER_LIVE = { liveProjects: new Set([PROJECT + 1]) };

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
  const real = { projectId: PROJECT, brokerage: { id: "InteractiveBrokersBrokerage" } };
  const found = [NOTHING_LIVE, PROJECT_LIVE, ANOTHER_LIVE].flatMap((state) =>
    [paper, real].map((args) => classify(tool, args, state)),
  );
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
      return decide({ principal: "cli", tool: "any", class: known }).ok ? "allowed" : "refused";
    };
    const wrong = rows().filter((row) => {
      const verdicts = [...new Set(row.classes.map(verdict))];
      return verdicts.join(", or ") !== row.verdict;
    });
    expect(wrong).toEqual([]);
  });

  it("holds for the two rows that depend on deployments", () => {
    expect(classify("update_project", { projectId: PROJECT }, ANOTHER_LIVE)).toBe("write");
    expect(classify("upload_object", {}, ANOTHER_LIVE)).toBe("live");
  });
});
