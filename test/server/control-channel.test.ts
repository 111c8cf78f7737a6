import { duplexPair } from "node:stream";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ControlClient } from "../../src/app/control-client.ts";
import { RefusalError } from "../../src/domain/refusal.ts";
import { controlMethod, serveControl } from "../../src/server/control-channel.ts";

function connect(): { readonly client: ControlClient; readonly logged: string[]; readonly hangUp: () => void } {
  const [near, far] = duplexPair();
  const logged: string[] = [];
  serveControl(
    far,
    {
      double: controlMethod(z.object({ value: z.number() }), ({ value }) => Promise.resolve(value * 2)),
      count: controlMethod(z.object({}), (_, { emit }) => {
        for (const number of [1, 2, 3]) emit(number);
        return Promise.resolve("done");
      }),
      refuse: controlMethod(z.object({}), () =>
        Promise.reject(new RefusalError({ code: "NOT_TODAY", message: "not today", remedy: "tomorrow" })),
      ),
      fault: controlMethod(z.object({}), () => Promise.reject(new Error("it broke"))),
      wait: controlMethod(
        z.object({}),
        (_, { signal }) =>
          new Promise((resolve) => signal.addEventListener("abort", () => resolve("cancelled"), { once: true })),
      ),
    },
    (line) => logged.push(line),
  );
  return { client: new ControlClient(near), logged, hangUp: () => far.destroy() };
}

describe("the control channel", () => {
  it("answers requests at once in any order, with what comes before the answer", async () => {
    const { client } = connect();
    const events: unknown[] = [];
    const answers = await Promise.all([
      client.request("count", {}, { onEvent: (event) => events.push(event) }),
      client.request("double", { value: 21 }),
    ]);
    expect(answers).toEqual(["done", 42]);
    expect(events).toEqual([1, 2, 3]);
  });

  it.each([
    ["refuse", {}, "NOT_TODAY"],
    ["double", { value: "x" }, "ARGUMENTS_INVALID"],
    ["toString", {}, "METHOD_UNKNOWN"],
    ["fault", {}, "INTERNAL_FAULT"],
  ])("gives the refusal of %s as one", async (method, params, code) => {
    const { client, logged } = connect();
    await expect(client.request(method, params)).rejects.toMatchObject({ refusal: { code } });
    expect(logged.length).toBe(code === "INTERNAL_FAULT" ? 1 : 0);
  });

  it("cancels what the caller gives up", async () => {
    const { client } = connect();
    const interruption = new AbortController();
    const answer = client.request("wait", {}, { signal: interruption.signal });
    interruption.abort();
    expect(await answer).toBe("cancelled");
  });

  it("tells who waits that the desk went away", async () => {
    const { client, hangUp } = connect();
    const answer = client.request("wait");
    hangUp();
    await expect(answer).rejects.toMatchObject({ refusal: { code: "DESK_LOST" } });
  });
});
