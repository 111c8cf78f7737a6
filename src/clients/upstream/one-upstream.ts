import type { UpstreamCall, UpstreamOutcome, UpstreamStatus, UpstreamTool } from "../../gateway/upstream-port.ts";

/** What stands behind one name: a server, or several instances of it. */
export interface OneUpstream extends AsyncDisposable {
  start(): void;
  restart(): Promise<void>;
  status(): UpstreamStatus;
  tools(): Promise<readonly UpstreamTool[]>;
  call(call: UpstreamCall): Promise<UpstreamOutcome>;
  readResource(uri: string): Promise<string>;
  /** Looks after the health of what runs, where that is due. It does not throw. */
  check(): Promise<void>;
}
