import { randomBytes } from "node:crypto";
import type { ClientKeys } from "../cli/cli-services.ts";
import type { Config } from "../config.ts";
import { openClientKeyFile } from "../store/client-key-file.ts";
import { openHome } from "./desk-home.ts";
import { systemClock } from "./system.ts";

/** The keys of HTTP clients of a data directory, for the commands that make and end them. */
export function clientKeys(config: Config): ClientKeys {
  const file = () => openClientKeyFile(openHome(config).clientKeysFile);
  return {
    add: (name, toolset) => {
      const key = `qwk_${randomBytes(32).toString("base64url")}`;
      file().add({ name, key, toolset, createdAt: systemClock.now() });
      return key;
    },
    list: () => file().list(),
    remove: (name) => file().remove(name),
  };
}
