import { homedir, tmpdir, userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { parseJson } from "./domain/parse-json.ts";
import { PROFILES, type Profile } from "./domain/profile.ts";
import { RefusalError } from "./domain/refusal.ts";

/** The user's settings, in `settings.json` of the data directory. No secrets. */
const settingsSchema = z.strictObject({
  profile: z.enum(PROFILES).optional(),
  /** Folder of market data in LEAN's layout, seen from the data directory; its own `data` by default. */
  dataFolder: z.string().optional(),
  /** How many backtests run at once on the local cloud. */
  nodes: z.int().min(1).max(64).optional(),
  /** What the local cloud does where prices are missing: an error (`real`), or seeded bars (`synthetic`). */
  dataPolicy: z.enum(["real", "synthetic"]).optional(),
  /** Projects of the local cloud whose code runs in an ordinary Python, without a sandbox. */
  trustedProjects: z.array(z.int().positive()).optional(),
  /** The Python of trusted projects; `python3` of the path by default. */
  python: z.string().min(1).optional(),
  /** Opens MCP over HTTP with the desk; `names` are those of a proxy in front of it, as clients write them. */
  http: z
    .strictObject({
      port: z.int().min(1).max(65_535),
      host: z.string().min(1).max(255).optional(),
      names: z.array(z.string().regex(/^[a-zA-Z0-9.-]+(?::\d{1,5})?$/, "a name such as desk.example.com")).optional(),
    })
    .optional(),
  /** `file` keeps secrets out of the OS keychain, as demos do. */
  vault: z.enum(["keychain", "file"]).optional(),
});

export type Settings = z.infer<typeof settingsSchema>;

/** Everything that flags, environment and settings decide, read once. */
export interface Config {
  readonly dataDir: string;
  readonly profile: Profile;
  readonly settings: Settings;
  /** Market data, the first folder wins; the last one is shipped with the package. */
  readonly dataFolders: readonly string[];
  readonly cacheDir: string;
  readonly runtimeDir: string;
  readonly packageRoot: string;
  readonly version: string;
  readonly nodePath: string;
  readonly vault: "keychain" | "file";
  readonly databaseUrl: string | undefined;
  /** QuantConnect credentials given in the environment; they win over the keychain. */
  readonly environmentCredentials: { readonly userId: string; readonly token: string } | undefined;
  readonly quantconnectUrl: string | undefined;
  /** Secret of the local cloud, when this process was started as one. */
  readonly cloudToken: string | undefined;
  readonly colour: boolean;
  /** Environment for programs of ours: what came in, with the folders decided here. */
  readonly childEnvironment: Readonly<Record<string, string>>;
}

export interface ConfigInput {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly flags: { readonly dataDir?: string | undefined; readonly profile?: Profile | undefined };
  readonly cwd: string;
  readonly isTerminal: boolean;
}

const PACKAGE_ROOT = fileURLToPath(new URL("..", import.meta.url));
const packageSchema = z.object({ version: z.string() });

/** @throws RefusalError `SETTINGS_CORRUPT` with the file and what is wrong in it. */
export function readConfig(input: ConfigInput): Config {
  const { environment } = input;
  const dataDir = resolve(
    input.cwd,
    input.flags.dataDir ?? environment["QUANTWRIGHT_HOME"] ?? applicationFolder(environment),
  );
  const settings = readSettings(join(dataDir, "settings.json"));
  const userId = environment["QUANTCONNECT_USER_ID"];
  const token = environment["QUANTCONNECT_API_TOKEN"];
  const cacheDir = absolute(environment["QUANTWRIGHT_CACHE_DIR"]) ?? cacheFolder(environment);
  const runtimeDir = absolute(environment["QUANTWRIGHT_RUNTIME_DIR"]) ?? runtimeFolder(environment);
  return {
    dataDir,
    profile: input.flags.profile ?? settings.profile ?? "local",
    settings,
    dataFolders: [resolve(dataDir, settings.dataFolder ?? "data"), join(PACKAGE_ROOT, "config", "lean-data")],
    cacheDir,
    runtimeDir,
    packageRoot: PACKAGE_ROOT,
    version: packageSchema.parse(parseJson(readFileSync(join(PACKAGE_ROOT, "package.json"), "utf8"))).version,
    nodePath: process.execPath,
    vault: environment["QUANTWRIGHT_VAULT"] === "file" ? "file" : (settings.vault ?? "keychain"),
    databaseUrl: environment["DATABASE_URL"],
    environmentCredentials: userId !== undefined && token !== undefined ? { userId, token } : undefined,
    quantconnectUrl: environment["QUANTCONNECT_BASE_URL"],
    cloudToken: environment["QUANTWRIGHT_CLOUD_TOKEN"],
    colour: input.isTerminal && environment["NO_COLOR"] === undefined,
    childEnvironment: {
      ...Object.fromEntries(
        Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      ),
      QUANTWRIGHT_CACHE_DIR: cacheDir,
      QUANTWRIGHT_RUNTIME_DIR: runtimeDir,
    },
  };
}

function readSettings(file: string): Settings {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return {};
    throw corrupt(file, error instanceof Error ? error.message : String(error));
  }
  try {
    const parsed = settingsSchema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw corrupt(file, z.prettifyError(parsed.error));
  } catch (error) {
    if (error instanceof RefusalError) throw error;
    throw corrupt(file, error instanceof Error ? error.message : String(error));
  }
}

function corrupt(file: string, reason: string): RefusalError {
  return new RefusalError({
    code: "SETTINGS_CORRUPT",
    message: `the settings in ${file} cannot be read: ${reason}`,
    remedy: "correct the file, or delete it to start with the defaults; nothing else is kept in it",
  });
}

function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}

function applicationFolder(environment: ConfigInput["environment"]): string {
  if (process.platform === "darwin") return join(homedir(), "Library", "Application Support", "Quantwright");
  if (process.platform === "win32")
    return join(environment["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "Quantwright");
  return join(absolute(environment["XDG_DATA_HOME"]) ?? join(homedir(), ".local", "share"), "quantwright");
}

function cacheFolder(environment: ConfigInput["environment"]): string {
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "Quantwright");
  if (process.platform === "win32")
    return join(environment["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "Quantwright", "Cache");
  return join(absolute(environment["XDG_CACHE_HOME"]) ?? join(homedir(), ".cache"), "quantwright");
}

/** A short private folder for sockets: paths over 107 bytes fail. */
function runtimeFolder(environment: ConfigInput["environment"]): string {
  const own = absolute(environment["XDG_RUNTIME_DIR"]);
  return own !== undefined && own.length < 60
    ? join(own, "quantwright")
    : join(tmpdir(), `quantwright-${userInfo().uid}`);
}
