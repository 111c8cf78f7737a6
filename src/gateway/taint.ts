import { principalKind } from "../domain/principal.ts";
import type { CallRequest } from "./call-request.ts";

/** Keeps what untrusted text has touched: runs, projects and stored objects. */
export interface TaintStore {
  any(subjects: readonly string[]): Promise<boolean>;
  add(subject: string, source: string): Promise<void>;
}

/** Tools whose arguments become files or objects that others read later. */
const STORES_TEXT: ReadonlySet<string> = new Set([
  "create_file",
  "update_file_contents",
  "patch_file",
  "update_file_name",
  "update_project",
  "upload_object",
]);

/**
 * Follows text from outside: who has read some may have been told what to do by it. Hosts always have. Runs are tainted
 * by the first answer from outside, and everything that a tainted caller stores is tainted, so that what is laundered
 * through a file or an object is not clean.
 */
export class Taint {
  readonly #store: TaintStore;

  constructor(store: TaintStore) {
    this.#store = store;
  }

  /** Whether a caller, or what it is about to use, is tainted. */
  async of(request: CallRequest, args: Readonly<Record<string, unknown>>): Promise<boolean> {
    if (isAlwaysTainted(request)) return true;
    return this.#store.any([...runOf(request), ...subjectsOf(args)]);
  }

  /** An answer came from outside, or something was stored there. */
  async passed(
    request: CallRequest,
    call: { readonly tool: string; readonly arguments: Readonly<Record<string, unknown>>; readonly tainted: boolean },
  ): Promise<void> {
    const source = `${request.principal} ${call.tool}`.slice(0, 200);
    for (const run of runOf(request)) await this.#store.add(run, source);
    if (!call.tainted || !STORES_TEXT.has(call.tool)) return;
    for (const subject of subjectsOf(call.arguments)) await this.#store.add(subject, source);
  }
}

/** Desktop models read whatever their user opens. */
function isAlwaysTainted({ principal }: CallRequest): boolean {
  const kind = principalKind(principal);
  return kind === "host" || kind === "user";
}

function runOf({ runId }: CallRequest): string[] {
  return runId === undefined ? [] : [`run:${runId}`];
}

function subjectsOf(args: Readonly<Record<string, unknown>>): string[] {
  const { projectId, key } = args;
  return [
    ...(typeof projectId === "number" ? [`project:${projectId}`] : []),
    ...(typeof key === "string" ? [`object:${key}`] : []),
  ];
}
