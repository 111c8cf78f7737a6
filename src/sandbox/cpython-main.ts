import { CpythonLink } from "./cpython-link.ts";
import { cpythonRuntime } from "./cpython-runtime.ts";
import { MessagePipe } from "./message-pipe.ts";
import { openPrices } from "./open-prices.ts";
import { serveSupervisor } from "./serve-supervisor.ts";

/** The engine of a trusted project: its Python runs in the process that started this one, at the end of two pipes. */
function main(pipe: MessagePipe): void {
  const began = performance.now();
  const [source, target] = process.argv.slice(2).map(Number);
  if (source === undefined || target === undefined) throw new Error("the numbers of two pipes were expected");
  const request = pipe.receive();
  if (request?.type !== "start") return;
  const link = new CpythonLink({ source, target });
  const python = String(link.call("version", []));
  const milliseconds = performance.now() - began;
  serveSupervisor(
    pipe,
    { type: "ready", start: "cpython", milliseconds },
    {
      name: `cpython ${python}`,
      runtime: cpythonRuntime(link),
      boardMemory: () => link.boardMemory,
      data: openPrices(request),
      // The interpreter has the machine's clock and memory, as its operator allowed.
      clock: { set: () => {} },
      memory: { set: () => {}, wasHit: false },
      onPrint: (sink) => {
        link.print = sink;
      },
    },
  );
}

const pipe = new MessagePipe();
try {
  main(pipe);
} catch (error) {
  pipe.send({ type: "fault", code: "SANDBOX_FAULT", message: String(error).slice(0, 2000) });
}
process.exit();
