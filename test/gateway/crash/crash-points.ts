import {
  DeleteQueryNode,
  InsertQueryNode,
  UpdateQueryNode,
  type Kysely,
  type KyselyPlugin,
  type QueryId,
  type RootOperationNode,
} from "kysely";
import type { Upstreams } from "../../../src/gateway/upstream-port.ts";
import type { AuditHeadFile } from "../../../src/store/audit-head.ts";
import type { DeskTables } from "../../../src/store/desk/schema.ts";

/**
 * Called before everything that outlives the process, and so after everything that was done until then: what lies
 * between two of these points changes nothing that a process that comes after can see.
 */
export type Hook = (point: string) => void;

/** A store that calls the hook before every statement that changes it, also inside transactions. */
export function watchedDatabase(database: Kysely<DeskTables>, hook: Hook): Kysely<DeskTables> {
  const seen = new WeakSet<QueryId>();
  const plugin: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      const change = changeOf(node);
      // A query may be transformed more than once before it runs.
      if (change !== undefined && !seen.has(queryId)) hook(change);
      seen.add(queryId);
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  };
  return database.withPlugin(plugin);
}

function changeOf(node: RootOperationNode): string | undefined {
  if (InsertQueryNode.is(node)) return `insert ${node.into?.table.identifier.name ?? ""}`;
  if (UpdateQueryNode.is(node)) return "update";
  if (DeleteQueryNode.is(node)) return "delete";
  return undefined;
}

/** A head file that calls the hook before each write: after the commit of the records that it is about. */
export function watchedHead(file: AuditHeadFile, hook: Hook): AuditHeadFile {
  return {
    read: () => file.read(),
    write: (head) => {
      hook("head file");
      file.write(head);
    },
  };
}

/** Upstreams that call the hook before a call is handed over, and while it is on its way. */
export function watchedUpstreams(upstreams: Upstreams, hook: Hook): Upstreams {
  return {
    tools: (name) => upstreams.tools(name),
    readResource: (name, uri) => upstreams.readResource(name, uri),
    status: () => upstreams.status(),
    restart: (name) => upstreams.restart(name),
    onToolsChanged: (listener) => upstreams.onToolsChanged(listener),
    async call(call) {
      hook(`send ${call.tool}`);
      const answered = upstreams.call(call);
      // Long enough for the child to have it, too short for its answer to have been read.
      await new Promise(setImmediate);
      hook(`sent ${call.tool}`);
      return answered;
    },
  };
}
