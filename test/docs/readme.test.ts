import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { CliServices } from "../../src/cli/cli-services.ts";
import { runProgram } from "../../src/cli/program.ts";
import { scriptedTerminal } from "../support/scripted-terminal.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const README = readFileSync(join(ROOT, "README.md"), "utf8");

/** First cells of the rows under a heading. */
function firstCells(heading: string): string[] {
  const from = README.indexOf(`\n## ${heading}\n`);
  const section = README.slice(from, README.indexOf("\n## ", from + 1));
  return [...section.matchAll(/^\| (`.*?) (?<!\\)\| /gm)].map(([, cell = ""]) => cell);
}

/** What `quantwright --help` prints. */
async function help(...args: string[]): Promise<string> {
  const { terminal, said } = scriptedTerminal();
  const services: CliServices = {
    terminal,
    version: "0",
    session: () => {
      throw new Error("help opens no session");
    },
    interrupted: new AbortController().signal,
  };
  await runProgram([...args, "--help"], services);
  return said();
}

const commandsIn = (text: string): string[] =>
  [...text.slice(text.indexOf("Commands:")).matchAll(/^ {2}([a-z]+)/gm)]
    .map(([, name = ""]) => name)
    .filter((name) => name !== "help");

describe("the README", () => {
  it("lists the commands that `--help` lists, and no other", async () => {
    const listed = firstCells("Commands").flatMap((cell) =>
      [...cell.matchAll(/`([a-z]+)/g)].map(([, name = ""]) => name),
    );
    expect([...new Set(listed)].toSorted()).toEqual(commandsIn(await help()).toSorted());
  });

  it.each(["tools", "audit", "data", "upstream"])("lists what `%s --help` lists", async (group) => {
    const listed = firstCells("Commands").flatMap((cell) =>
      [...cell.matchAll(new RegExp(`${group} ([a-z|\\\\]+)`, "g"))].flatMap(([, names = ""]) => names.split("|")),
    );
    expect(listed.toSorted()).toEqual(commandsIn(await help(group)).toSorted());
  });

  it("lists the tools that the agents and the desk define, and no other", () => {
    const folder = join(ROOT, "src", "agents");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    const defined = files.flatMap((name) =>
      [...readFileSync(join(folder, name), "utf8").matchAll(/defineSkill\(\{\s+name: "([a-z_]+)"/g)].map(
        ([, tool = ""]) => tool,
      ),
    );
    const listed = firstCells("Tools").map((cell) => cell.replaceAll("`", ""));
    expect(listed.toSorted()).toEqual(defined.toSorted());
  });

  it("names only scripts that package.json has", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const pages = [README, readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8")].join("\n");
    const named = [...pages.matchAll(/npm (?:run ([a-z:-]+)|(test))/g)].map(([, script, test]) => script ?? test ?? "");
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});
