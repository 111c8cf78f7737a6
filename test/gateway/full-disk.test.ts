import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openAuditHead } from "../../src/store/audit-head.ts";
import { deskDatabase } from "../store/support/databases.ts";
import { mountFolder } from "../support/e2e-mount.ts";
import { answered, gatewayUnderTest } from "./support.ts";
import { newTestOperator } from "./test-operator.ts";

/** Takes all the room that there is. */
function fill(file: string): void {
  try {
    execFileSync("dd", ["if=/dev/zero", `of=${file}`, "bs=4k"], { stdio: "ignore" });
  } catch {
    // It ends when nothing is left.
  }
}

describe("a call while the disk is full", () => {
  const mounted = mountFolder("size=8m");
  it.skipIf(mounted === undefined)(
    "is refused and not sent, and is made once there is room (needs the right to mount)",
    async () => {
      using disk = mounted;
      const folder = disk?.folder ?? "";
      const location = { kind: "sqlite", file: join(folder, "desk.db") } as const;
      await using store = await deskDatabase({ location, folder, [Symbol.asyncDispose]: () => Promise.resolve() });
      let id = 0;
      await using desk = await gatewayUnderTest({
        ground: {
          folder,
          database: store.database,
          headFile: openAuditHead(join(folder, "head.json")),
          newId: () => `id${(id += 1)}`,
          operator: newTestOperator("desk-under-test"),
        },
      });
      desk.upstreams.answers.set("create_project", answered({ success: true, projects: [] }));
      const create = async (): Promise<string> => {
        const args = { name: "n".repeat(200), language: "Py" };
        const answer = await desk.gateway.call({ principal: "host", tool: "qc_create_project", arguments: args });
        return answer.refusal?.code ?? "done";
      };
      expect(await create()).toBe("done");
      fill(join(folder, "filler"));
      const ends: string[] = [];
      // What the store still had room for is used up first.
      for (let tries = 0; tries < 500 && ends.filter((end) => end !== "done").length < 5; tries += 1) {
        ends.push(await create());
      }
      const done = ends.filter((end) => end === "done").length;
      expect(new Set(ends.filter((end) => end !== "done"))).toEqual(new Set(["AUDIT_UNAVAILABLE"]));
      expect(desk.upstreams.calls).toHaveLength(1 + done);
      rmSync(join(folder, "filler"));
      expect(await create()).toBe("done");
      expect(desk.upstreams.calls).toHaveLength(2 + done);
      expect(await desk.ledger.verify()).toMatchObject({ ok: true });
    },
  );
});
