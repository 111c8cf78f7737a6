import { z } from "zod";
import { PROFILES } from "./profile.ts";

/** Said with every result: where it comes from, how old it is, and where it stands in the audit log. */
export const envelopeSchema = z.object({
  profile: z.enum(PROFILES),
  mode: z.enum(["PAPER", "SIMULATED LIVE", "LIVE", "none"]),
  asOf: z.string().describe("Time of the data, ISO 8601 UTC"),
  ageSeconds: z.number().describe("Age of the data when the answer was made"),
  source: z.string(),
  fallbackFor: z.array(z.string()).optional().describe("Upstreams that another one answered for"),
  runId: z.string().nullable(),
  auditSeq: z.int().describe("Number of the call's record in the audit log"),
});

export type Envelope = z.infer<typeof envelopeSchema>;
