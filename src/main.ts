import { runApp } from "./app.ts";

process.exitCode = await runApp(process.argv.slice(2), {
  environment: process.env,
  cwd: process.cwd(),
  isTerminal: process.stdout.isTTY,
});
// Sockets and timers of a finished command must not keep it alive.
process.exit();
