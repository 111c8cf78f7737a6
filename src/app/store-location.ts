import type { Config } from "../config.ts";
import type { DatabaseLocation } from "../store/database.ts";
import type { DeskHome } from "./desk-home.ts";

/** Where a desk's store is: in its data directory, or in the database that the settings name. */
export function storeLocation({ databaseUrl }: Config, { storeFile }: DeskHome): DatabaseLocation {
  return databaseUrl === undefined ? { kind: "sqlite", file: storeFile } : { kind: "postgres", url: databaseUrl };
}
