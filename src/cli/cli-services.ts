import type { ClientKey } from "../domain/client-key.ts";
import type { HaltState } from "../domain/halt-state.ts";
import type { z } from "zod";
import type { DocumentSignature, OperatorsState } from "../domain/operator.ts";
import type { Profile } from "../domain/profile.ts";
import type { ReadRoute } from "../domain/read-route.ts";
import type { ChosenServer, UpstreamEntry } from "../domain/upstream-entry.ts";
import type { Statement } from "../gateway/approvals/signed-document.ts";
import type { BacktestResult } from "../lean/backtest-result.ts";

/** What every command can be told. */
export interface GlobalFlags {
  readonly dataDir?: string | undefined;
  readonly profile?: Profile | undefined;
}

/** A connection to the desk's control door. */
export interface DeskLink extends AsyncDisposable {
  /** Whether this command had to start the desk. */
  readonly started: boolean;
  /** Version of the desk at the other end. */
  readonly version: string;
  request(
    method: string,
    params?: unknown,
    options?: { readonly onEvent?: (event: unknown) => void; readonly signal?: AbortSignal },
  ): Promise<unknown>;
}

export interface BacktestFileRequest {
  readonly file: string;
  readonly dataFolder: string | undefined;
  readonly parameters: Readonly<Record<string, string>>;
  readonly record: boolean;
  /** Whether the operator trusts the file: it then runs in an ordinary Python, without a sandbox. */
  readonly trust: boolean;
  /** That Python; the settings' own or `python3` of the path where it is not given. */
  readonly python: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number, note: string) => void;
}

export interface CheckResult {
  readonly name: string;
  readonly state: "ok" | "warning" | "failed";
  readonly detail: string;
  readonly remedy?: string;
}

export interface ImportRequest {
  readonly file: string;
  readonly ticker: string;
  readonly source: string | undefined;
  readonly licence: string | undefined;
  readonly kind: "equity" | "index";
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** An operator's key while it is open: it signs in this process and is written nowhere. */
export interface OperatorSigner {
  readonly publicKey: string;
  sign(statement: Statement): string;
}

/** The encrypted keys of operators that lie in the data directory. */
export interface OperatorKeys {
  has(name: string): boolean;
  /** Makes a key and keeps it under the passphrase, in the place of one of the same name. */
  create(name: string, passphrase: string): Promise<OperatorSigner>;
  /** @throws RefusalError `OPERATOR_PASSPHRASE_WRONG` and the like; tries slow down. */
  open(name: string, passphrase: string): Promise<OperatorSigner>;
  changePassphrase(name: string, from: string, to: string): Promise<void>;
}

/** The keys of clients that reach the desk over HTTP. */
export interface ClientKeys {
  /** Makes a key, keeps its hash, and gives it. @throws RefusalError `CLIENT_KEY_EXISTS` */
  add(name: string, toolset: ClientKey["toolset"]): string;
  list(): readonly ClientKey[];
  /** Whether there was one. */
  remove(name: string): boolean;
}

/** The rules that operators sign: policy, limits, and the budget of computing. */
export type SignedKind = "policy" | "limits" | "compute";

/** Files of rules. */
export interface SignedFiles {
  /** @throws RefusalError `FILE_UNKNOWN` with the line that is wrong. */
  read<Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema>;
  /** The one that counts, in the data directory; undefined where there is none that can be read. */
  present<Schema extends z.ZodType>(kind: SignedKind, schema: Schema): z.output<Schema> | undefined;
  /** Puts it there and gives its path. */
  place(kind: SignedKind, value: unknown): string;
}

/** The upstreams that the user added, in a file of the data directory; the desk reads it when it is told to. */
export interface UserUpstreamsFile {
  /** The entry of one of QuantConnect's own servers. @throws RefusalError `USAGE` */
  ofKind(request: {
    readonly kind: string;
    readonly folder: string | undefined;
    readonly url: string | undefined;
  }): UpstreamEntry;
  /** Servers in the configs of other clients on this machine, for looking at only. */
  discover(): readonly {
    readonly client: string;
    readonly file: string;
    readonly name: string;
    readonly how: string;
    readonly secrets: readonly string[];
  }[];
  all(): Readonly<Record<string, UpstreamEntry>>;
  put(name: string, entry: UpstreamEntry): void;
  /** Routes for reads; one for each tool. */
  routes(): readonly ReadRoute[];
  putRoutes(routes: readonly ReadRoute[]): void;
  /** Puts a server in place of the vendored one, or this one back again where none is given. */
  use(chosen: ChosenServer | undefined): Promise<void>;
  /** Forgets it, its secrets and the routes that name it; whether there was one. */
  remove(name: string): Promise<boolean>;
  /** Takes the values of variables from this process's environment into the vault; gives the names that are not set. */
  keepVariables(name: string, entry: UpstreamEntry): Promise<readonly string[]>;
  /** Asks for each secret that it needs, and for a login in the browser; gives what was stored. */
  login(
    name: string,
    talk: { readonly ask: (what: string) => Promise<string>; readonly open: (url: string) => void },
  ): Promise<readonly string[]>;
}

/** What the commands need from outside, for one data directory. Joined where the program is composed. */
export interface CliSession {
  readonly dataDir: string;
  readonly profile: Profile;
  readonly version: string;
  readonly operatorKeys: OperatorKeys;
  readonly signedFiles: SignedFiles;
  readonly clientKeys: ClientKeys;
  /** Microseconds UTC. */
  now(): number;
  /** The desk, started in the background when none runs. */
  desk(): Promise<DeskLink>;
  /** The desk if it runs. */
  runningDesk(): Promise<DeskLink | undefined>;
  /** Resolves when the process with that id is gone, or false after ten seconds. */
  processEnded(pid: number): Promise<boolean>;
  /** Serves a client on standard input and output; `start` says whether a desk is started where none runs. */
  serve(toolset: "desk" | "research" | "full", start: boolean): Promise<void>;
  /** Serves a client on standard input and output from a desk on another machine. */
  serveRemote(url: string): Promise<void>;
  /** Keeps the key of that desk. */
  loginRemoteDesk(url: string, key: string): Promise<{ readonly vault: string; readonly notice: string | undefined }>;
  /** Runs a desk in this process until it is asked to stop. */
  runDesk(onReady: () => void): Promise<void>;
  runCloud(request: {
    readonly port: number;
    readonly host: string;
    readonly folder: string | undefined;
    readonly userId: string;
    readonly tokenFile: string | undefined;
    readonly organizationId: string | undefined;
    readonly nodes: number | undefined;
    readonly dataPolicy: "real" | "synthetic" | undefined;
    readonly collaborators: readonly string[] | undefined;
    readonly mostQueuedBacktests: number | undefined;
    readonly backtestsPerMinute: number | undefined;
    readonly faultsFile: string | undefined;
    /** Projects whose code runs in an ordinary Python, without a sandbox, beside those of the settings. */
    readonly trustedProjects: readonly number[] | undefined;
    /** That Python. */
    readonly python: string | undefined;
    /** Whether it ends by itself once nobody needs it, as the cloud of a desk does. */
    readonly untilIdle: boolean;
    readonly onReady: (url: string) => void;
    readonly log: (line: string) => void;
  }): Promise<void>;
  /** Puts the gateway in front of one server: a command, or one at a URL; on standard streams, or over HTTP. */
  relay(request: {
    readonly command: readonly string[];
    readonly url: string | undefined;
    readonly http: { readonly port: number; readonly host: string; readonly keyFile: string | undefined } | undefined;
    readonly policy: string | undefined;
    readonly allowAll: boolean;
    /** Names of variables that the command gets besides the usual ones. */
    readonly variables: readonly string[];
    readonly onReady: (url: string) => void;
    readonly log: (line: string) => void;
  }): Promise<void>;
  /** Stops trading, without a desk. */
  halt(request: {
    readonly flatten: boolean;
    readonly account: string | undefined;
    readonly reason: string;
    readonly onState: (seen: {
      readonly deployId: string;
      readonly state: HaltState;
      readonly milliseconds: number;
    }) => void;
  }): Promise<{
    readonly confirmed: boolean;
    readonly accounts: readonly { readonly deployId: string; readonly state: HaltState }[];
  }>;
  /** The local cloud that a desk of this data directory started, if it runs; `live` counts deployments, where known. */
  localCloud(): Promise<{ readonly pid: number; readonly live: number | null } | undefined>;
  /** Ends that cloud, and its live deployments until a desk starts it again. */
  endLocalCloud(): Promise<{ readonly pid: number; readonly stopped: boolean } | undefined>;
  backtestFile(
    request: BacktestFileRequest,
  ): Promise<{ readonly result: BacktestResult; readonly elapsedSeconds: number; readonly trialId: string | null }>;
  login(credentials: {
    readonly userId: string;
    readonly token: string;
  }): Promise<{ readonly vault: string; readonly notice: string | undefined }>;
  /** What QuantConnect says of the account that is known here: organisation, tier, nodes, and what they do not allow. */
  accountChecks(): Promise<readonly CheckResult[]>;
  /** The user's upstreams, as they stand in his file. */
  readonly upstreams: UserUpstreamsFile;
  logout(): Promise<boolean>;
  /** Keeps what a brokerage wants, by field, for `credentialRef`. */
  storeBroker(
    name: string,
    values: ReadonlyMap<string, string>,
  ): Promise<{ readonly vault: string; readonly notice: string | undefined }>;
  forgetBroker(name: string): Promise<boolean>;
  credentials(): Promise<{
    readonly account: string | null;
    readonly from: string | null;
    readonly vault: string;
    readonly notice: string | undefined;
  }>;
  install(
    client: string,
    print: boolean,
  ): Promise<{
    readonly file: string;
    readonly changed: boolean;
    readonly backup: string | null;
    readonly config: unknown;
  }>;
  doctor(): AsyncIterable<CheckResult>;
  /** Undefined where the head file is there. @throws RefusalError where the log itself is broken. */
  restoreAuditHead(consent: (found: FoundHeadlessLog) => Promise<HeadConsent>): Promise<FoundHeadlessLog | undefined>;
  listData(): Promise<readonly Readonly<Record<string, unknown>>[]>;
  importData(request: ImportRequest): Promise<Readonly<Record<string, unknown>>>;
  demo(request: { readonly onStep: (step: DemoStep) => void; readonly signal: AbortSignal }): Promise<DemoOutcome>;
}

/** One line of the demo while it goes. */
export interface DemoStep {
  readonly kind: "begin" | "progress" | "done";
  readonly title: string;
  readonly detail: string;
  readonly fraction?: number;
}

export interface DemoOutcome {
  readonly report: string;
  readonly htmlFile: string;
  readonly dataDir: string;
  readonly summary: Readonly<Record<string, unknown>>;
}

/** An audit log without its head file, as it was found. */
export interface FoundHeadlessLog {
  readonly desk: string;
  readonly demo: boolean;
  readonly operators: OperatorsState;
  /** Records that hold together, and how many of them the vault knows. */
  readonly records: number;
  readonly marked: number;
  /** Hash of the last record. */
  readonly head: string;
}

/** Who was for it: an operator with his signature, or somebody at the terminal of a desk without operators. */
export type HeadConsent = DocumentSignature | "nobody is enrolled";

/** The terminal, as commands see it. Results go to `out`, everything else to `err`. */
export interface Terminal {
  readonly isTerminal: boolean;
  /** Whether a person can be asked something: both ends are a terminal. */
  readonly isInteractive: boolean;
  readonly colour: boolean;
  readonly columns: number;
  out(text: string): void;
  err(text: string): void;
  /** Asks on the terminal without showing what is typed, or reads standard input when it is no terminal. */
  readSecret(prompt: string): Promise<string>;
  /**
   * Asks for an operator's passphrase on the controlling terminal itself, whatever standard input is.
   * @throws RefusalError `TERMINAL_REQUIRED` where there is none.
   */
  readPassphrase(prompt: string): Promise<string>;
  readLine(prompt: string): Promise<string>;
}

export interface CliServices {
  readonly terminal: Terminal;
  readonly version: string;
  /** @throws RefusalError for settings or a data directory that cannot be used. */
  session(flags: GlobalFlags): CliSession;
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
}
