/** The body of a success; `success: true` is added at the edge. */
export type ReplyBody = Readonly<Record<string, unknown>>;

/** What an endpoint answers: a body, perhaps with an address to go to (HTTP 302), or the texts of a business error. */
export type Reply =
  | { readonly ok: true; readonly body: ReplyBody; readonly location?: string }
  | { readonly ok: false; readonly errors: readonly string[] };

export function reply(body: ReplyBody = {}): Reply {
  return { ok: true, body };
}

export function businessError(...errors: readonly string[]): {
  readonly ok: false;
  readonly errors: readonly string[];
} {
  return { ok: false, errors };
}
