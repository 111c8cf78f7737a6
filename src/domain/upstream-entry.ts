import { z } from "zod";
import { readRouteSchema } from "./read-route.ts";
import { upstreamNameSchema } from "./upstream-name.ts";

const variableSchema = z.string().regex(/^[A-Za-z_]\w*$/, "the name of a variable, without a value");
const headerSchema = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, "the name of a header, without a value");

/** A secret in an address would stand in logs and lists; off this machine it must not go in clear. */
export const serverUrlSchema = z.url({ protocol: /^https?$/ }).refine((text) => {
  const url = URL.parse(text);
  // What is no address at all was refused before.
  if (url === null) return true;
  return url.username === "" && url.password === "" && (url.protocol === "https:" || isLoopback(url.hostname));
}, "an https address (http only on this machine) without user and password");

/** Who its tools are: QuantConnect's, known by name, or unknown, which count as live. */
const speaks = z.enum(["quantconnect", "unknown"]).default("unknown");

/**
 * How carefully it is used: calls a minute, for how long answers to reads are kept, how many instances of it serve, and
 * after how many idle seconds it is asked whether it still answers.
 */
const care = {
  callsPerMinute: z.int().min(1).max(100_000).optional(),
  cacheSeconds: z.number().positive().max(3600).optional(),
  instances: z.int().min(1).max(8).optional(),
  healthSeconds: z.int().min(1).max(3600).optional(),
};

const stdioEntrySchema = z.strictObject({
  transport: z.literal("stdio"),
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  /** Variables that it gets besides the usual ones; their values lie in the vault. */
  env: z.array(variableSchema).max(50).default([]),
  speaks,
  ...care,
});

const remoteEntrySchema = z.strictObject({
  transport: z.enum(["http", "sse"]),
  url: serverUrlSchema,
  /** Headers that it gets; their values lie in the vault. */
  headers: z.array(headerSchema).max(20).default([]),
  /** Whether tokens are got by OAuth, with `quantwright login upstream NAME`. */
  oauth: z.boolean().default(false),
  speaks,
  ...care,
});

/** How a server of the user's is reached. No secret stands in it. */
export const upstreamEntrySchema = z.discriminatedUnion("transport", [stdioEntrySchema, remoteEntrySchema]);

/** QuantConnect's own servers, by the way they are reached. */
export const QUANTCONNECT_KINDS = ["docker", "checkout", "hosted", "local-platform"] as const;

/** Which server stands behind the desk's own QuantConnect tools on profile `quantconnect`; the vendored one if none is named. */
export const chosenServerSchema = z.strictObject({ kind: z.enum(QUANTCONNECT_KINDS), entry: upstreamEntrySchema });

/** `upstreams.json` of the data directory. */
export const upstreamsFileSchema = z.strictObject({
  version: z.literal(1),
  upstreams: z.record(upstreamNameSchema, upstreamEntrySchema),
  routes: z.array(readRouteSchema).max(100).default([]),
  quantconnect: chosenServerSchema.optional(),
});

export type UpstreamSettings = Omit<z.output<typeof upstreamsFileSchema>, "version">;
export type ChosenServer = z.output<typeof chosenServerSchema>;
export type UpstreamEntry = z.output<typeof upstreamEntrySchema>;

/** Names in the vault of what an upstream needs to be kept secret. */
export function upstreamSecret(upstream: string, kind: "env" | "header" | "oauth", name: string): string {
  return `upstream/${upstream}/${kind}/${name}`;
}

/** Everything secret that an entry names, by its place in the vault. */
export function secretsOf(
  name: string,
  entry: UpstreamEntry,
): readonly { readonly what: string; readonly place: string }[] {
  return entry.transport === "stdio"
    ? entry.env.map((what) => ({ what, place: upstreamSecret(name, "env", what) }))
    : entry.headers.map((what) => ({ what, place: upstreamSecret(name, "header", what) }));
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
