import { z } from "zod";

/** A name of a client that reaches the desk over HTTP: it becomes the principal `user:<name>`. */
export const clientNameSchema = z
  .string()
  .regex(/^[a-zA-Z0-9_.-]{1,64}$/, "a name of up to 64 letters, digits, dots, dashes and underscores was expected");

/** A key of an HTTP client, as it is kept: nobody can get the key itself back from it. */
export interface ClientKey {
  readonly name: string;
  /** SHA-256 of the key, in hexadecimal. A key is 32 random bytes: nothing slower is needed against guessing. */
  readonly hash: string;
  readonly toolset: "desk" | "research" | "full";
  /** Microseconds UTC. */
  readonly createdAt: number;
}
