import { z } from "zod";
import { parseJson } from "../domain/parse-json.ts";
import type { ChainHead } from "../gateway/audit-chain.ts";
import type { Vault } from "./vault/vault.ts";

const headSchema = z.object({ count: z.int().min(0), hash: z.string() });

/**
 * A head of the audit log from some time ago, kept where secrets are: who takes away the end of the log and the file
 * with its head still leaves this.
 */
export interface AuditWatermark {
  /** @throws RefusalError of the vault; a mark that cannot be read counts as none. */
  read(): Promise<ChainHead | undefined>;
  write(head: ChainHead): Promise<void>;
}

/** The mark of one log in the vault; each log has a name of its own. */
export function openAuditWatermark(vault: Vault, log = "desk"): AuditWatermark {
  const name = `audit/watermark/${log}`;
  return {
    async read() {
      const text = await vault.get(name);
      if (text === undefined) return undefined;
      const head = headSchema.safeParse(parseJson(text));
      return head.success ? head.data : undefined;
    },
    write: (head) => vault.set(name, JSON.stringify({ count: head.count, hash: head.hash })),
  };
}
