import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Programs of the system, not of a package. */
const TOOLS = { mount: "mount", unmount: "umount" } as const;

/** A small file system of its own; undefined where this user may not mount one. Taken down at the end of the process at the latest. */
export function mountFolder(options: string): ({ readonly folder: string } & Disposable) | undefined {
  if (process.platform !== "linux") return undefined;
  const folder = mkdtempSync(join(tmpdir(), "qw-mount-"));
  try {
    execFileSync(TOOLS.mount, ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: "ignore" });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  const takeDown = (): void => {
    process.off("exit", takeDown);
    try {
      execFileSync(TOOLS.unmount, ["--lazy", folder], { stdio: "ignore" });
      rmSync(folder, { recursive: true });
    } catch {
      // It is gone already.
    }
  };
  process.on("exit", takeDown);
  return { folder, [Symbol.dispose]: takeDown };
}
