import { z } from "zod";
import type { AlgorithmError } from "../lean/algorithm/algorithm-error.ts";
import type { BrokerAnswer, BrokerRequest } from "../lean/brokerages/broker-protocol.ts";
import type { DataSource } from "../lean/data-source.ts";
import type { CommandResult, LiveEnd, LiveJob } from "../lean/live/live-protocol.ts";
import { LiveRun, type LiveStep } from "../lean/live/live-run.ts";
import type { UserCommands } from "../lean/live/live-commands.ts";
import type { SandboxReply } from "../lean/sandbox-protocol.ts";
import type { AlgorithmClock } from "./algorithm-clock.ts";
import { EngineBridge } from "./engine-bridge.ts";
import { liveOperations } from "./live-operations.ts";
import { ENGINE_VERSION, loadProject } from "./load-project.ts";
import type { MemoryCap } from "./memory-cap.ts";
import type { MessagePipe } from "./message-pipe.ts";
import type { PythonRuntime } from "./python-runtime.ts";
import { pythonStrategy } from "./python-strategy.ts";
import { RemoteObjectStore } from "./remote-object-store.ts";

/** The sandbox's parts that a live run uses. */
export interface LiveParts {
  readonly runtime: PythonRuntime;
  readonly boardMemory: () => ArrayBufferLike;
  readonly data: DataSource;
  readonly clock: AlgorithmClock;
  readonly memory: MemoryCap;
  readonly onPrint: (sink: (text: string) => void) => void;
  readonly pipe: MessagePipe;
}

const commandAnswerSchema = z.object({ success: z.boolean(), message: z.string() });

/** Runs one live algorithm until it ends or its supervisor goes. */
export function runLive(job: LiveJob, parts: LiveParts): void {
  const { runtime, pipe, memory } = parts;
  const loaded = loadProject(job, parts);
  if ("error" in loaded) {
    pipe.send({ type: "ended", end: endOfLoading(loaded.error) });
    return;
  }
  let bridge: EngineBridge | undefined;
  const run: LiveRun = new LiveRun({
    job,
    data: parts.data,
    algorithmName: loaded.name,
    engineVersion: ENGINE_VERSION,
    objectStore: new RemoteObjectStore(pipe),
    exchange: (request) => exchange(pipe, request),
    userCommands: (type, payload) => userCommand(runtime, bridge, { type, payload }),
    createStrategy: (algorithm) => {
      parts.onPrint((text) => algorithm.debug(text));
      bridge = new EngineBridge({
        runtime,
        boardMemory: parts.boardMemory,
        algorithm,
        clock: parts.clock,
        isOutOfMemory: () => memory.wasHit,
        extra: liveOperations((command) => run.broadcast(command)),
      });
      runtime.go_live();
      return pythonStrategy({ algorithm, bridge, runtime });
    },
  });
  serve(run, loaded.name, pipe);
}

/** Answers the supervisor's messages, one after the other; what there is to say goes before each answer. */
function serve(run: LiveRun, name: string, pipe: MessagePipe): void {
  const answer = (
    step: LiveStep,
    reply: (position: Extract<LiveStep, { position: unknown }>["position"]) => SandboxReply,
  ): boolean => {
    for (const output of run.takeOutputs()) pipe.send({ type: "output", output });
    if ("end" in step) pipe.send({ type: "ended", end: step.end });
    else pipe.send(reply(step.position));
    return "position" in step;
  };
  let goesOn = answer(run.start(), (position) => ({ type: "live-started", name, position }));
  while (goesOn) {
    const next = pipe.receive();
    if (next?.type === "advance") {
      goesOn = answer(run.advance(next.toUtc, next.events), (position) => ({ type: "advanced", position }));
    } else if (next?.type === "sync") {
      goesOn = answer(run.sync(next.account), (position) => ({ type: "synced", position }));
    } else if (next?.type === "command") {
      const done = run.command(next.id, next.payload);
      goesOn = answerCommand(run, done, pipe);
    } else if (next?.type === "stop") {
      goesOn = answer({ end: run.stop() }, () => ({ type: "ended", end: { status: "Stopped" } }));
    } else return;
  }
}

/** A command is answered also where it ends the algorithm. */
function answerCommand(run: LiveRun, done: { readonly result: CommandResult } & LiveStep, pipe: MessagePipe): boolean {
  for (const output of run.takeOutputs()) pipe.send({ type: "output", output });
  pipe.send({ type: "command-result", result: done.result });
  if ("end" in done) pipe.send({ type: "ended", end: done.end });
  return "position" in done;
}

function exchange(pipe: MessagePipe, request: BrokerRequest): BrokerAnswer {
  pipe.send({ type: "broker", request });
  const reply = pipe.receive();
  if (reply?.type === "broker-answer") return reply.answer;
  throw new Error(`the supervisor answered a request to the broker with ${reply?.type ?? "its end"}`);
}

function userCommand(
  runtime: PythonRuntime,
  bridge: EngineBridge | undefined,
  command: Readonly<Record<string, unknown>>,
): ReturnType<UserCommands> {
  if (bridge === undefined) return { success: false, message: "the algorithm does not run yet" };
  const answer = bridge.call(() => runtime.command(JSON.stringify(command)));
  return commandAnswerSchema.parse(JSON.parse(answer));
}

function endOfLoading({ code, message, stackTrace, remedy }: AlgorithmError): LiveEnd {
  return { status: "RuntimeError", error: { code, message, stackTrace, ...(remedy === undefined ? {} : { remedy }) } };
}
