import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../src", import.meta.url));

/** Layer of each folder of src/: imports point to a lower layer, or inside the folder. */
const LAYER: Readonly<Record<string, number>> = {
  domain: 0,
  gateway: 1,
  agents: 1,
  pipelines: 1,
  evidence: 1,
  runs: 1,
  lean: 1,
  clients: 2,
  store: 2,
  sandbox: 2,
  cli: 3,
  tui: 3,
  server: 3,
  cloud: 3,
  web: 3,
  app: 4,
};
const TOP = 4;
/** What a folder of layer 1 may use of its siblings. */
const SIBLINGS: Readonly<Record<string, readonly string[]>> = {
  pipelines: ["agents", "gateway", "evidence", "runs", "lean"],
  agents: ["gateway", "evidence", "runs", "lean"],
};
/** The clock, environment and randomness reach layers 0 and 1 only as arguments. */
const AMBIENT =
  /\b(?:Date\.now\(|new Date\(\)|Math\.random\(|process\.|performance\.now\(|crypto\.randomUUID\(|setTimeout\(|fetch\()/;

interface SourceFile {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly { readonly target: string; readonly typeOnly: boolean }[];
}

function sources(): SourceFile[] {
  return readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => {
      const text = readFileSync(join(SRC, path), "utf8");
      const imports = [
        ...text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[\w$*{},\s]*?\sfrom\s+)?["']([^"']+)["']/gm),
      ].map((match) => ({
        typeOnly: match[1] !== undefined,
        target: match[2] ?? "",
      }));
      return { path, folder: path.includes("/") ? (path.split("/")[0] ?? "") : "", text, imports };
    });
}

function resolved(file: SourceFile, target: string): string | undefined {
  return target.startsWith(".") ? relative(SRC, resolve(SRC, dirname(file.path), target)) : undefined;
}

function layerOf(folder: string): number {
  return folder === "" ? TOP : (LAYER[folder] ?? Number.NaN);
}

function mayImport(from: SourceFile, to: string, typeOnly: boolean): boolean {
  const target = to.includes("/") ? (to.split("/")[0] ?? "") : "";
  if (target === from.folder) return true;
  if (layerOf(from.folder) === TOP) return true;
  if (SIBLINGS[from.folder]?.includes(target) === true) return true;
  if (from.folder === "web" && to === "server/contract.ts" && typeOnly) return true;
  if (layerOf(from.folder) === 3 && layerOf(target) === 2) return false;
  return layerOf(target) < layerOf(from.folder);
}

describe("the architecture", () => {
  const files = sources();

  it("knows the layer of every folder", () => {
    expect(files.filter((file) => Number.isNaN(layerOf(file.folder))).map((file) => file.path)).toEqual([]);
  });

  it("lets imports point down only", () => {
    const wrong = files.flatMap((file) =>
      file.imports.flatMap(({ target, typeOnly }) => {
        const to = resolved(file, target);
        return to === undefined || mayImport(file, to, typeOnly) ? [] : [`${file.path} -> ${to}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it("imports nothing of Node but hashing in layers 0 and 1, and reads no ambient state there", () => {
    const wrong = files
      .filter((file) => layerOf(file.folder) <= 1)
      .flatMap((file) => [
        ...file.imports
          .filter(({ target }) => target.startsWith("node:") && target !== "node:crypto")
          .map(({ target }) => `${file.path}: ${target}`),
        ...file.text
          .split("\n")
          .filter((line) => AMBIENT.test(line) && !/^\s*(?:\*|\/\/)/.test(line))
          .map((line) => `${file.path}: ${line.trim()}`),
      ]);
    expect(wrong).toEqual([]);
  });

  it("has no cycle of value imports", () => {
    const edges = new Map(
      files.map((file) => [
        file.path,
        file.imports.filter(({ typeOnly }) => !typeOnly).flatMap(({ target }) => resolved(file, target) ?? []),
      ]),
    );
    const state = new Map<string, "open" | "done">();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (state.get(path) === "done") return;
      if (state.get(path) === "open") {
        cycles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
        return;
      }
      state.set(path, "open");
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
      state.set(path, "done");
    };
    for (const path of edges.keys()) visit(path, []);
    expect(cycles).toEqual([]);
  });

  it("has no file over 400 lines, no utils.ts, no types.ts and no default export", () => {
    const wrong = files.flatMap((file) => [
      ...(file.text.split("\n").length > 401 ? [`${file.path}: too long`] : []),
      ...(/(?:^|\/)(?:utils|types)\.tsx?$/.test(file.path) ? [`${file.path}: says nothing`] : []),
      ...(/^export default/m.test(file.text) ? [`${file.path}: default export`] : []),
    ]);
    expect(wrong).toEqual([]);
  });

  it("has a reader of settings and environment in one place only", () => {
    const readers = files.filter((file) => /process\.env\b/.test(file.text)).map((file) => file.path);
    expect(readers.filter((path) => !["config.ts", "halt.ts", "main.ts", "sandbox/scrub.ts"].includes(path))).toEqual(
      [],
    );
  });
});
