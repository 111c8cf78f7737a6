/** Runs inside a session bus of its own: does what it is told with a vault and prints what came of it. */
import { openVault } from "../../../../src/store/vault/open-vault.ts";
import { RefusalError } from "../../../../src/domain/refusal.ts";

const [dataDir = "", ...steps] = process.argv.slice(2);
const said: unknown[] = [];
try {
  const vault = openVault({ dataDir, id: "test-desk", prefer: "keychain" });
  said.push(vault.kind);
  for (const step of steps) {
    const [what, name = "", value = ""] = step.split("=");
    if (what === "set") await vault.set(name, value);
    else said.push(what === "get" ? ((await vault.get(name)) ?? null) : await vault.delete(name));
  }
} catch (error) {
  said.push(error instanceof RefusalError ? error.refusal.code : String(error));
}
process.stdout.write(`\n${JSON.stringify(said)}\n`);
