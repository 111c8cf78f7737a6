import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { COLLABORATOR, ORGANIZATION, startE2eCloud } from "../support/e2e-cloud.ts";
import { ROOT } from "../support/e2e-home.ts";

const PYTHON = join(ROOT, ".cache", "python", "bin", "python");
/** A checkout of QuantConnect's open MCP server, which is not part of this project. */
const CHECKOUT = process.env["QUANTCONNECT_MCP_SERVER"];
const canRun = CHECKOUT !== undefined && existsSync(PYTHON);
const why = "needs its checkout in QUANTCONNECT_MCP_SERVER and the Python packages of CI";

describe.skipIf(!canRun)(
  `QuantConnect's open MCP server against \`quantwright cloud\`${canRun ? "" : ` (${why})`}`,
  () => {
    it("passes all of its own tests that need no C# and no other host", async () => {
      await using cloud = await startE2eCloud();
      const env = {
        PATH: process.env["PATH"] ?? "",
        HOME: cloud.folder,
        QC_BASE_URL: cloud.url,
        QUANTCONNECT_USER_ID: "1",
        QUANTCONNECT_API_TOKEN: cloud.token,
        QUANTCONNECT_ORGANIZATION_ID: ORGANIZATION,
        QUANTCONNECT_COLLABORATOR_ID: COLLABORATOR,
        PYTHONPATH: ["src", "tests", join(ROOT, "test", "support")].join(delimiter),
      };
      const args = [
        "-m",
        "pytest",
        "-q",
        "--no-header",
        "-p",
        "no:cacheprovider",
        "-p",
        "quantconnect_server_plugin",
        "tests",
      ];
      const run = promisify(execFile)(PYTHON, args, {
        cwd: CHECKOUT,
        env,
        timeout: 900_000,
        maxBuffer: 64 * 1024 * 1024,
      });
      const { stdout } = await run.catch((error: Error & { stdout?: string }) => {
        throw new Error(`${error.message}${(error.stdout ?? "").slice(-6000)}`, { cause: error });
      });
      const [, passed] = /(\d+) passed/.exec(stdout) ?? [];
      expect(Number(passed)).toBeGreaterThan(90);
      expect(stdout).not.toMatch(/\d+ failed/);
    }, 920_000);
  },
);
