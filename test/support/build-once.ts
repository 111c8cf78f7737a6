import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Tests start the built programs as real child processes, so the build must be current before the first test. */
export function setup(): void {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  execFileSync(
    process.execPath,
    ["node_modules/typescript/bin/tsc", "-b", "tsconfig.src.json", "vendor/quantconnect-mcp"],
    { cwd: root, stdio: "inherit" },
  );
}
