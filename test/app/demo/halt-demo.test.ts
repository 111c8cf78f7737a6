import { describe, expect, it } from "vitest";
import { haltDemo } from "../../../src/app/demo/halt-demo.ts";
import { refusalOf } from "../../store/support/refusal-of.ts";

describe("the halt at the end of the demo", () => {
  it("is told with its states where it is confirmed, and ends the demo where it is not", async () => {
    const flat = [{ deployId: "L-1", state: { kind: "FLAT" } as const }];
    expect(await haltDemo(() => Promise.resolve({ confirmed: true, accounts: flat }))).toMatchObject({
      states: "FLAT",
    });
    const unseen = [{ deployId: "L-1", state: { kind: "UNCONFIRMED", ageSeconds: 7, reason: "no answer" } as const }];
    const asked: unknown[] = [];
    const halting = haltDemo((command) => {
      asked.push(command.flatten);
      return Promise.resolve({ confirmed: false, accounts: unseen });
    });
    expect(await refusalOf(halting)).toMatchObject({
      code: "HALT_UNCONFIRMED",
      message: expect.stringContaining("no answer") as string,
    });
    expect(asked).toEqual([true]);
  });
});
