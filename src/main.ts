import { runApp } from "./app.ts";

process.exitCode = await runApp(process.argv.slice(2), {
  environment: process.env,
  cwd: process.cwd(),
  isTerminal: process.stdout.isTTY,
});
// What was written must be out first: pipes are asynchronous on some platforms.
for (const stream of [process.stdout, process.stderr])
  await new Promise<void>((resolve) => stream.write("", () => resolve()));
// Sockets and timers of a finished command must not keep it alive.
process.exit();
