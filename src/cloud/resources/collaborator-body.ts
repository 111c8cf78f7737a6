import { createHash } from "node:crypto";
import type { CloudContext } from "../endpoint.ts";
import type { Collaborator } from "../ports.ts";
import type { ReplyBody } from "../reply.ts";

/** The owner and those whom a project is shared with, in that order. */
export function collaboratorBodies(added: readonly Collaborator[], { account }: CloudContext): ReplyBody[] {
  const owner = body({ userId: account.userId, liveControl: true, write: true }, { name: "Owner", isOwner: true });
  return [owner, ...added.map((one) => body(one, { name: `User ${one.userId}`, isOwner: false }))];
}

/** Clients want a small whole number, also of those whose id is a text. */
function uidOf(userId: string): number {
  return /^\d{1,9}$/.test(userId) ? Number(userId) : createHash("sha256").update(userId).digest().readUInt32BE() >>> 1;
}

function body(
  { userId, liveControl, write }: Collaborator,
  { name, isOwner }: { readonly name: string; readonly isOwner: boolean },
): ReplyBody {
  return {
    uid: uidOf(userId),
    publicId: userId,
    name,
    email: "",
    bio: "",
    profileImage: "",
    owner: isOwner,
    permission: write ? "write" : "read",
    liveControl,
  };
}
