import type { Kysely } from "kysely";
import type { Clock } from "../../domain/clock.ts";
import type { PinStore } from "../../gateway/tool-pin.ts";
import type { DeskTables } from "./schema.ts";

/** Pins of tool definitions: the first that was seen holds. */
export function createPinStore(database: Kysely<DeskTables>, clock: Clock): PinStore {
  return {
    async seen(upstream, tool, pin) {
      const row = {
        upstream,
        tool,
        hash: pin.hash,
        definition: pin.definition,
        first_seen: clock.now(),
        quarantined: null,
      };
      await database
        .insertInto("pins")
        .values(row)
        .onConflict((conflict) => conflict.columns(["upstream", "tool"]).doNothing())
        .execute();
      return database
        .selectFrom("pins")
        .select(["hash", "definition"])
        .where("upstream", "=", upstream)
        .where("tool", "=", tool)
        .executeTakeFirstOrThrow();
    },
    async replace(upstream, tool, { hash, definition }) {
      await database
        .updateTable("pins")
        .set({ hash, definition, first_seen: clock.now() })
        .where("upstream", "=", upstream)
        .where("tool", "=", tool)
        .execute();
    },
  };
}
