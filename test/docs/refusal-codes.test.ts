import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { exitCodeOf } from "../../src/cli/exit-code.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SRC = join(ROOT, "src");

/** Upper-case strings of the source that are no codes of ours: variables of the environment and words of Node. */
const NOT_CODES =
  /^(?:QUANTWRIGHT_|QUANTCONNECT_|XDG_|(?:DATABASE_URL|NO_COLOR|LC_ALL|VIRTUAL_ENV|CONDA_PREFIX)$|(?:DY)?LD_LIBRARY_PATH$|[A-Z]+_NUM_THREADS$|(?:EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_HAS_EXPIRED|ERR_TLS_CERT_ALTNAME_INVALID|MODULE_NOT_FOUND|NATIVEFS_ASYNC|ORDERS_CANCELLED)$)/;

/** Every code in the source: a quoted word with an underscore, or a single word where a code is given. */
function codesInSource(): string[] {
  const texts = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(join(SRC, path), "utf8"));
  const found = texts.flatMap((text) => [
    ...[...text.matchAll(/"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"/g)].map(([, code = ""]) => code),
    ...[...text.matchAll(/(?:\bcode: |\b(?:finding|counted|warn)\()"([A-Z][A-Z0-9]+)"/g)].map(([, code = ""]) => code),
  ]);
  return [...new Set(found)].filter((code) => !NOT_CODES.test(code)).toSorted();
}

/** The rows of the tables under "Codes": a code, and its exit code where the table has that column. */
function documented(): { readonly code: string; readonly exit: number | undefined }[] {
  const page = readFileSync(join(ROOT, "docs", "architecture.md"), "utf8");
  const section = page.slice(page.indexOf("\n## Codes\n"));
  return [...section.matchAll(/^\| `([A-Z0-9_]+)` \|(?: (\d) \|)?/gm)].map(([, code = "", exit]) => ({
    code,
    exit: exit === undefined ? undefined : Number(exit),
  }));
}

describe("the tables of codes in docs/architecture.md", () => {
  it("name every code of the source, once, and no other", () => {
    const listed = documented().map(({ code }) => code);
    expect(listed.toSorted()).toEqual(codesInSource());
  });

  it("are each expected by name in a test", () => {
    const tests = [join(ROOT, "test"), join(ROOT, "vendor", "quantconnect-mcp", "test")].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".ts") && !path.startsWith("docs"))
        .map((path) => readFileSync(join(folder, path), "utf8")),
    );
    const named = new Set(tests.flatMap((text) => [...text.matchAll(/\b[A-Z][A-Z0-9_]+\b/g)].map(([code]) => code)));
    expect(documented().flatMap(({ code }) => (named.has(code) ? [] : [code]))).toEqual([]);
  });

  it("say the exit code that the command line gives", () => {
    const rows = documented().filter(({ exit }) => exit !== undefined);
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.filter(({ code, exit }) => exit !== exitCodeOf(code))).toEqual([]);
  });
});
