import { accountViewOf, type AccountView } from "./account-view.ts";
import type { Deployment, LiveStatus } from "./deployment.ts";
import { afterEvent, hasEnded } from "./deployment.ts";
import type { Halting } from "./journaled-broker.ts";
import type { InitialAccount, LiveParts } from "./live-parts.ts";
import { LiveSession } from "./live-session.ts";
import type { CommandResult } from "../../lean/live/live-protocol.ts";
import type { BrokerPortfolio } from "../../lean/brokerages/broker.ts";
import type { LiveStore } from "./live-store-port.ts";

/** All live deployments of the cloud, the running ones with their sessions. */
export interface LiveDesk {
  readonly store: LiveStore;
  /** Goes on with every deployment that had not ended. */
  start(): Promise<void>;
  /** Leaves them as they are, to go on with at the next start. */
  stop(): Promise<void>;
  /** Node ids in use, with the deployment on each. */
  busyNodes(): ReadonlyMap<string, Deployment>;
  /** Throws where the account makes no sense to the broker. */
  deploy(
    deployment: Deployment,
    begin: { readonly files: Readonly<Record<string, string>>; readonly account: InitialAccount },
  ): Promise<void>;
  end(deployId: string, how: "stop" | "liquidate"): Promise<void>;
  /** Halts, flattens or re-arms one running deployment at its broker, or all; gives their accounts after that. */
  halt(deployId: string | undefined, how: Halting): Promise<readonly AccountView[]>;
  command(deployId: string, command: Readonly<Record<string, unknown>>): Promise<CommandResult | undefined>;
  /** To every running algorithm but one; gives how many there were. */
  broadcast(command: Readonly<Record<string, unknown>>, excludedProjectId: number | undefined): number;
  /** The account of a deployment, also of one that has ended. */
  portfolio(deployment: Deployment): Promise<BrokerPortfolio | undefined>;
  /** One consistent look at the account of a running deployment; undefined where no broker serves it now. */
  accountView(deployId: string): AccountView | undefined;
}

export type LiveDeskParts = Omit<LiveParts, "broadcast" | "onEnd">;

export function createLiveDesk(parts: LiveDeskParts): LiveDesk {
  const { store, log } = parts;
  const sessions = new Map<string, LiveSession>();
  const running = (): LiveSession[] => [...sessions.values()].filter(({ deployment }) => !hasEnded(deployment.status));
  const broadcast: LiveDesk["broadcast"] = (command, excludedProjectId) => {
    const hearing = running().filter(({ deployment }) => deployment.projectId !== excludedProjectId);
    for (const session of hearing) {
      session.command(command).catch((error: unknown) =>
        log("live.command-failed", {
          deployId: session.deployment.deployId,
          message: error instanceof Error ? error.message : String(error),
        }),
      );
    }
    return hearing.length;
  };
  const sessionParts: LiveParts = {
    ...parts,
    broadcast: (command, from) => void broadcast(command, from.projectId),
    onEnd: (deployId) => void sessions.delete(deployId),
  };
  const known: Sessions = { sessions, parts: sessionParts };
  let resuming: Promise<void> = Promise.resolve();
  return {
    store,
    start() {
      resuming = resume(known);
      return resuming;
    },
    async stop() {
      await Promise.all([...sessions.values()].map((session) => session.close()));
      sessions.clear();
    },
    busyNodes: () => new Map(running().map(({ deployment }) => [deployment.nodeId, deployment])),
    async deploy(deployment, { files, account }) {
      await store.create(deployment, files);
      try {
        sessions.set(deployment.deployId, await LiveSession.begin(sessionParts, deployment, account));
      } catch (error) {
        await store.change(deployment.deployId, failedStart(parts.clock.now(), error));
        throw error;
      }
    },
    async end(deployId, how) {
      await resuming;
      const session = sessions.get(deployId);
      if (session === undefined) await endWithoutSession(known, deployId, how);
      else await session.end(how);
    },
    async halt(deployId, how) {
      await resuming;
      const halted = running().filter(({ deployment }) => deployId === undefined || deployment.deployId === deployId);
      await Promise.all(halted.map((session) => session.halt(how)));
      return halted.map(({ deployment, broker }) => accountViewOf(deployment, broker, parts.clock.now()));
    },
    command: (deployId, command) => sessions.get(deployId)?.command(command) ?? Promise.resolve(undefined),
    broadcast,
    accountView(deployId) {
      const session = sessions.get(deployId);
      return session && accountViewOf(session.deployment, session.broker, parts.clock.now());
    },
    async portfolio(deployment) {
      const session = sessions.get(deployment.deployId);
      if (session !== undefined) return session.broker.portfolio();
      const kept = await store.brokerState(deployment.deployId);
      if (kept === undefined) return undefined;
      const { state } = kept;
      return parts.broker({ startUtc: state.utc, endUtc: state.utc, state }).portfolio();
    },
  };
}

interface Sessions {
  readonly sessions: Map<string, LiveSession>;
  readonly parts: LiveParts;
}

/** Goes on with all that had not ended. */
async function resume({ sessions, parts }: Sessions): Promise<void> {
  for (const deployment of await parts.store.active()) {
    try {
      sessions.set(deployment.deployId, await LiveSession.begin(parts, deployment));
    } catch (error) {
      // The others go on; this one is tried again at the next start.
      parts.log("live.resume-failed", {
        deployId: deployment.deployId,
        message: error instanceof Error ? error.message : String(error),
      });
    }
  }
}

/** Ends what could not be resumed: a stop needs no broker, a liquidation one that works again. */
async function endWithoutSession(
  { sessions, parts }: Sessions,
  deployId: string,
  how: "stop" | "liquidate",
): Promise<void> {
  const { store, clock } = parts;
  const deployment = await store.byId(deployId);
  if (deployment === undefined || hasEnded(deployment.status)) return;
  if (how === "stop") {
    await store.change(deployId, afterEvent(deployment, { type: "stopped", at: clock.now() }));
    return;
  }
  const session = await LiveSession.begin(parts, deployment);
  sessions.set(deployId, session);
  await session.end(how);
}

function failedStart(at: number, error: unknown): Pick<Deployment, "status" | "stopped" | "error" | "stacktrace"> {
  const status: LiveStatus = "DeployError";
  return { status, stopped: at, error: error instanceof Error ? error.message : String(error), stacktrace: undefined };
}
