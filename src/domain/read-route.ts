import { z } from "zod";
import { upstreamNameSchema } from "./upstream-name.ts";

/** How a server is chosen among those that can answer a read. */
export const ROUTE_CHOICES = ["first-healthy", "round-robin", "least-in-flight"] as const;

/** A tool that only reads and that several upstreams serve: any of them may answer, by a policy. */
export const readRouteSchema = z.strictObject({
  tool: z.string().regex(/^[a-z][a-z0-9_]{0,59}$/, "the name of a tool as its servers call it"),
  of: z
    .array(upstreamNameSchema)
    .min(2)
    .max(8)
    .refine((names) => new Set(names).size === names.length, "different upstreams"),
  choose: z.enum(ROUTE_CHOICES).default("first-healthy"),
  /** How long one is waited for before the next one is asked; an equal part of a call's time if left out. */
  withinSeconds: z.number().positive().max(120).optional(),
});

export type ReadRoute = z.output<typeof readRouteSchema>;

/** Stands for "any of those that a route names": the name of the upstream whose tools are the routes. */
export const ROUTES_UPSTREAM = "any";
