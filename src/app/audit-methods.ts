import { isAbsolute } from "node:path";
import { z } from "zod";
import { controlMethod, type ControlMethod } from "../server/control-channel.ts";
import type { DoorParts } from "./desk-doors.ts";

/** Commands and the desk have working folders of their own. */
const file = z.string().refine(isAbsolute, "expected an absolute path");

/** What the shell can ask of the audit log. */
export function auditMethods({ config, store }: DoorParts): Readonly<Record<string, ControlMethod>> {
  const { ledger } = store;
  return {
    "audit.tail": controlMethod(z.object({ count: z.int().min(1).max(1000).default(20) }), ({ count }) =>
      ledger.tail(count),
    ),
    "audit.verify": controlMethod(z.object({ archives: z.array(file).max(1000).default([]) }), ({ archives }) =>
      ledger.verify(archives),
    ),
    "audit.export": controlMethod(z.object({}), async (_, { signal, emit }) => {
      let count = 0;
      for await (const record of ledger.records()) {
        signal.throwIfAborted();
        emit(record);
        count += 1;
      }
      return { count };
    }),
    "audit.prune": controlMethod(z.object({ before: z.int().min(0), archive: file }), ({ before, archive }) =>
      ledger.prune({ before, file: archive, principal: "cli", profile: config.profile }),
    ),
    "audit.calls": controlMethod(z.object({ id: z.string().min(1).max(200) }), ({ id }) => ledger.callsOf(id)),
  };
}
