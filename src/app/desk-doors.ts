import type { Socket } from "node:net";
import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import type { Server } from "@modelcontextprotocol/server";
import type { KeptCloud } from "../clients/cloud-service/kept-cloud.ts";
import type { Config } from "../config.ts";
import { serveControl } from "../server/control-channel.ts";
import { openDeskSocket } from "../server/desk-socket.ts";
import { pauseWhileUnread } from "../server/pause-while-unread.ts";
import { createAggregatedServer, type AggregatedServerParts } from "../server/mcp-server.ts";
import { createResourceBook } from "../server/resource-book.ts";
import type { Opening } from "../server/socket-handshake.ts";
import { openClientKeyFile } from "../store/client-key-file.ts";
import type { Vault } from "../store/vault/vault.ts";
import type { DeskCore } from "./assemble-gateway.ts";
import { controlMethods } from "./control-methods.ts";
import type { DeskHome } from "./desk-home.ts";
import { DeskHttpDoor } from "./desk-http-door.ts";
import type { DeskStore } from "./start-desk.ts";

const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

export interface DoorParts {
  readonly config: Config;
  readonly home: DeskHome;
  readonly core: DeskCore;
  readonly store: DeskStore;
  readonly vault: Vault;
  /** On profile `local`. */
  readonly cloud: KeptCloud | undefined;
  readonly log: (message: string) => void;
  /** Asks the desk to stop. */
  readonly end: () => void;
}

/** Opens the socket (MCP for clients behind `serve`, control requests for the shell), and HTTP where it is asked for. */
export async function openDeskDoors(parts: DoorParts): Promise<AsyncDisposable> {
  const { config, home, core, store, log } = parts;
  const stack = new AsyncDisposableStack();
  const served: AggregatedServerParts = {
    call: (request) => core.gateway.call(request),
    list: (toolset) => core.registry.list(toolset),
    version: config.version,
    resources: createResourceBook({
      health: async () => ({ upstreams: core.upstreams.status(), ...(await core.counts()) }),
      strategies: () => store.strategies.list(),
      runs: () => core.runs.list(20),
      auditTail: () => store.ledger.tail(20),
      result: (hash) => store.artifacts.get(hash),
    }),
  };
  const servers = new Set<Server>();
  const http = stack.use(
    new DeskHttpDoor({
      config,
      keys: openClientKeyFile(home.clientKeysFile),
      createServer: ({ name, toolset }) => {
        const server = createAggregatedServer(served, { principal: `user:${name}`, toolset });
        servers.add(server);
        // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the library's server is no event target
        server.onclose = () => void servers.delete(server);
        return server;
      },
      log,
    }),
  );
  const methods = controlMethods({ ...parts, http });
  stack.defer(
    core.onToolsChanged(() => {
      for (const server of servers) void server.sendToolListChanged().catch(() => undefined);
    }),
  );
  const onOpen = (socket: Socket, opening: Opening): void => {
    if (opening.channel === "control") serveControl(socket, methods, log);
    else serveMcp(socket, opening, { served, servers, log });
  };
  stack.use(
    await openDeskSocket({
      path: home.socketPath,
      version: config.version,
      home: home.id,
      profile: config.profile,
      keys: home.socketKeys,
      onOpen,
      log,
    }),
  );
  await http.openBySettings();
  const owned = stack.move();
  return { [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function serveMcp(
  socket: Socket,
  opening: Opening,
  parts: {
    readonly served: AggregatedServerParts;
    readonly servers: Set<Server>;
    readonly log: (message: string) => void;
  },
): void {
  const transport = new StdioServerTransport(socket, socket, { maxBufferSize: MAX_MESSAGE_BYTES });
  const made: Server[] = [];
  const handle = serveStdio(
    () => {
      const server = createAggregatedServer(parts.served, { principal: opening.kind, toolset: opening.toolset });
      made.push(server);
      parts.servers.add(server);
      return server;
    },
    { transport, onerror: (error) => parts.log(`mcp: ${error.message}`) },
  );
  pauseWhileUnread(socket);
  // The handshake left the socket paused; a listener alone does not start it again.
  socket.resume();
  socket.on("close", () => {
    for (const server of made) parts.servers.delete(server);
    void handle.close().catch(() => undefined);
  });
}
