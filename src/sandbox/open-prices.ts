import type { DataSource } from "../lean/data-source.ts";
import { SyntheticSource } from "../lean/data/synthetic/synthetic-source.ts";
import type { SandboxRequest } from "../lean/sandbox-protocol.ts";
import { openDataFolder } from "./data-folder.ts";

/** The folders' prices, and made ones where they lack some and the supervisor wants that. */
export function openPrices(request: Extract<SandboxRequest, { type: "start" }>): DataSource {
  const { dataFolders, syntheticSeed, syntheticCache } = request;
  const folders = openDataFolder(dataFolders);
  if (syntheticSeed === undefined) return folders;
  const made = syntheticCache === undefined ? undefined : openDataFolder([syntheticCache]);
  const cache = made === undefined ? undefined : { read: (path: string) => made.readZip(path) };
  return new SyntheticSource(folders, { seed: syntheticSeed, cache });
}
