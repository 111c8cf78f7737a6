import { z } from "zod";
import { PROFILES } from "./profile.ts";

/** The life of a strategy. */
export const LIFECYCLE = ["draft", "researched", "paper", "live", "retired"] as const;

/** Our identity of a strategy and the project it lives in, per profile. */
export const strategySchema = z.object({
  id: z.string(),
  name: z.string(),
  lifecycle: z.enum(LIFECYCLE),
  createdAt: z.int(),
  links: z.array(z.object({ profile: z.enum(PROFILES), organisation: z.string(), projectId: z.int() })),
});

export type Strategy = z.infer<typeof strategySchema>;
