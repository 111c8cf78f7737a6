/** Opens the file of secrets in a folder and keeps twenty secrets of its own, one after another. */
import { join } from "node:path";
import { openFileVault } from "../../../../src/store/vault/file-vault.ts";

const [folder = "", name = ""] = process.argv.slice(2);
const vault = openFileVault(join(folder, "secrets.sealed"), join(folder, "secrets.key"));
for (let index = 0; index < 20; index += 1) await vault.set(`${name}/${index}`, `${name}${index}`);
