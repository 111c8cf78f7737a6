import { createHash, timingSafeEqual } from "node:crypto";
import { httpRefusal, TRANSPORT_ERROR } from "./http-refusal.ts";

const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

/** Whose a bearer key is; undefined where it is nobody's. Compares in a time that says nothing about the keys. */
export type KeyOwner = (key: string) => string | undefined;

export interface GuardOptions {
  readonly host: string;
  /** Names besides the machine's own under which clients may ask, such as that of a proxy in front. */
  readonly names?: readonly string[];
  /** The bearer key that clients must send, or who owns which; undefined where none is asked for. */
  readonly key: string | KeyOwner | undefined;
}

/** Who asks where all clients have the same key, or none. */
const ANYBODY = "client";

/** Whether only programs of this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.includes(host) || host === "::1";
}

/**
 * Refuses requests that a web page may have caused, and those without a key; gives the owner of the key otherwise. A
 * page whose name was bound to our address sends its own name as Host and Origin; it can read neither a key nor our
 * answers.
 */
export function guardRequest(
  request: Request,
  port: number,
  options: GuardOptions,
): { readonly refusal: Response } | { readonly caller: string } {
  const refusal = pageRefusal(request, port, options);
  if (refusal !== undefined) return { refusal };
  const caller = callerOf(request, options.key);
  if (caller !== undefined) return { caller };
  const error = { code: TRANSPORT_ERROR, message: "a bearer key is needed, and this is not it" };
  return { refusal: httpRefusal(401, error, { "www-authenticate": "Bearer" }) };
}

function pageRefusal(request: Request, port: number, { host, names: more = [] }: GuardOptions): Response | undefined {
  const names = isLoopback(host) ? LOOPBACK : [...LOOPBACK, host.includes(":") ? `[${host}]` : host];
  const allowed = new Set(names.map((name) => `${name}:${port}`));
  if (port === 80) for (const name of names) allowed.add(name);
  // A proxy has a port of its own, and may or may not say it.
  for (const name of more) allowed.add(name.toLowerCase());
  const asked = request.headers.get("host");
  // An address that others can reach is served with a key only, and has names that we do not know.
  if (isLoopback(host) && (asked === null || !allowed.has(asked.toLowerCase())))
    return forbidden(`the Host header names ${asked ?? "nothing"}, which is not this server`);
  const origin = request.headers.get("origin");
  if (origin !== null && ![...allowed].some((name) => origin === `http://${name}` || origin === `https://${name}`))
    return forbidden(`requests of pages from ${origin} are not served`);
  return undefined;
}

function callerOf(request: Request, key: GuardOptions["key"]): string | undefined {
  if (key === undefined) return ANYBODY;
  const [scheme, given] = (request.headers.get("authorization") ?? "").split(" ");
  if (scheme?.toLowerCase() !== "bearer" || given === undefined) return undefined;
  if (typeof key === "function") return key(given);
  return isSame(given, key) ? ANYBODY : undefined;
}

/** Compares in a time that says nothing about where two keys differ, nor how long the right one is. */
function isSame(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

function forbidden(message: string): Response {
  return httpRefusal(403, { code: TRANSPORT_ERROR, message });
}
