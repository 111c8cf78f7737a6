import { describe, expect, it } from "vitest";
import { AccountLock } from "../../../src/gateway/risk/account-lock.ts";
import { refusalOf } from "../../store/support/refusal-of.ts";

describe("the lock of an account", () => {
  it("lets one piece of work run at a time, in the order of asking, and accounts beside each other", async () => {
    const lock = new AccountLock();
    const seen: string[] = [];
    const work = (account: string, name: string, turns: number) =>
      lock.run(account, async () => {
        seen.push(`${name} begins`);
        for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
        seen.push(`${name} ends`);
        return name;
      });
    const ends = await Promise.all([work("A", "a1", 3), work("A", "a2", 1), work("B", "b1", 0), work("A", "a3", 0)]);
    expect(ends).toEqual(["a1", "a2", "b1", "a3"]);
    expect(seen.filter((line) => line.startsWith("a"))).toEqual(
      ["a1", "a2", "a3"].flatMap((name) => [`${name} begins`, `${name} ends`]),
    );
    expect(seen.indexOf("b1 ends")).toBeLessThan(seen.indexOf("a1 ends"));
    await new Promise(setImmediate);
    expect(lock.size).toBe(0);
  });

  it("goes on after work that fails, and hands its error on", async () => {
    const lock = new AccountLock();
    const failed = lock.run("A", () => Promise.reject(new Error("bad")));
    const next = lock.run("A", () => Promise.resolve("good"));
    await expect(failed).rejects.toThrow("bad");
    expect(await next).toBe("good");
  });

  it("lets a caller give up waiting without letting the next one in early", async () => {
    const lock = new AccountLock();
    const gate = Promise.withResolvers<void>();
    const first = lock.run("A", () => gate.promise);
    const stop = new AbortController();
    let ran = false;
    const second = refusalOf(lock.run("A", () => Promise.resolve((ran = true)), stop.signal));
    let third = false;
    const last = lock.run("A", () => Promise.resolve((third = true)));
    stop.abort();
    expect(await second).toMatchObject({ code: "CANCELLED" });
    await new Promise(setImmediate);
    expect([ran, third]).toEqual([false, false]);
    gate.resolve();
    await Promise.all([first, last]);
    expect([ran, third]).toEqual([false, true]);
    expect(await refusalOf(lock.run("A", () => Promise.resolve(), stop.signal))).toMatchObject({ code: "CANCELLED" });
  });
});
