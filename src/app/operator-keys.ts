import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { OperatorKeys, OperatorSigner } from "../cli/cli-services.ts";
import { signStatement } from "../gateway/approvals/signed-document.ts";
import { newOperatorKey, OperatorKeyFolder, type OperatorKey } from "../store/operators/operator-key.ts";
import { systemClock } from "./system.ts";

/** The keys of operators that lie in a data directory, for the commands that sign. */
export function operatorKeys(dataDir: string): OperatorKeys {
  const folder = new OperatorKeyFolder(join(dataDir, "operators"), {
    now: () => systemClock.now(),
    wait: (milliseconds) => delay(milliseconds),
  });
  return {
    has: (name) => folder.has(name),
    async create(name, passphrase) {
      const key = newOperatorKey();
      await folder.save(name, key, passphrase);
      return signerOf(key);
    },
    open: async (name, passphrase) => signerOf(await folder.open(name, passphrase)),
    async changePassphrase(name, from, to) {
      await folder.save(name, await folder.open(name, from), to);
    },
  };
}

function signerOf({ publicKey, privateKey }: OperatorKey): OperatorSigner {
  return { publicKey, sign: (statement) => signStatement(statement, privateKey) };
}
