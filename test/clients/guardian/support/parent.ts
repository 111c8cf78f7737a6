/** A desk in small: starts a guardian and a child in a group of its own, names them, and waits to be killed. */
import { spawn } from "node:child_process";
import { startGuardian } from "../../../../src/clients/guardian/guardian.ts";

const guardian = startGuardian({ nodePath: process.execPath, log: () => undefined });
// A shell with a child of its own; with `stubborn` both ignore SIGTERM.
const trap = process.argv[2] === "stubborn" ? "trap '' TERM; " : "";
const child = spawn("sh", ["-c", `${trap}sleep 60 & echo $!; wait`], {
  detached: true,
  stdio: ["ignore", "pipe", "inherit"],
});
guardian.register(child.pid ?? 0, "a child");
child.stdout.once("data", (heir: Buffer) => {
  process.stdout.write(`${JSON.stringify({ guardian: guardian.pid, child: child.pid, heir: Number(heir) })}\n`);
});
setInterval(() => undefined, 1000);
