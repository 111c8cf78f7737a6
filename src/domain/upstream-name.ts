import { z } from "zod";

/** Names of upstreams have no underscore, so that the prefix `<name>_` of one is never the beginning of another's. */
export const upstreamNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, "a name of 1 to 31 small letters, digits or hyphens that begins with a letter");
