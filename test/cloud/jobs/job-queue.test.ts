import { describe, expect, it } from "vitest";
import { createJobQueue } from "../../../src/cloud/jobs/job-queue.ts";

/** Lets everything that is ready happen. */
const settle = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

describe("a job queue", () => {
  it("does not begin a job that is cancelled while it is being taken", async () => {
    const waiting = [1, 2];
    const ran: number[] = [];
    const queue = createJobQueue<number>({
      slots: 2,
      claim: async () => {
        const job = waiting.shift();
        if (job === 1) queue.cancel("1");
        return Promise.resolve(job);
      },
      idOf: String,
      run: (job) => {
        ran.push(job);
        return Promise.resolve();
      },
      failed: () => undefined,
    });
    queue.kick();
    await settle();
    expect(ran).toEqual([2]);
    await queue.stop();
  });

  it("loses no kick that comes while it takes a job, and goes on after a failed claim or job", async () => {
    const waiting = [1, 2];
    const ran: number[] = [];
    const faults: unknown[] = [];
    let claims = 0;
    const queue = createJobQueue<number>({
      slots: 1,
      claim: async () => {
        claims += 1;
        if (claims === 1) throw new Error("store away");
        const job = waiting.shift();
        // One more arrives right after the queue was found empty.
        if (job === undefined && claims === 4) {
          waiting.push(3);
          queue.kick();
        }
        return Promise.resolve(job);
      },
      idOf: String,
      run: (job) => {
        ran.push(job);
        return job === 1 ? Promise.reject(new Error("job broke")) : Promise.resolve();
      },
      failed: (error) => faults.push(error),
    });
    queue.kick();
    await settle();
    expect(faults).toMatchObject([{ message: "store away" }]);
    queue.kick();
    await settle();
    expect(ran).toEqual([1, 2, 3]);
    expect(faults).toMatchObject([{ message: "store away" }, { message: "job broke" }]);
  });

  it("ends running jobs when it stops and takes no more", async () => {
    const waiting = [1, 2, 3];
    const aborted: number[] = [];
    const queue = createJobQueue<number>({
      slots: 2,
      claim: () => Promise.resolve(waiting.shift()),
      idOf: String,
      run: (job, signal) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            aborted.push(job);
            resolve();
          });
        }),
      failed: () => undefined,
    });
    queue.kick();
    await settle();
    queue.cancel("1");
    await settle();
    expect(aborted).toEqual([1]);
    waiting.push(4);
    await queue.stop();
    expect(aborted).toEqual([1, 2, 3]);
    queue.kick();
    await settle();
    expect(waiting).toEqual([4]);
  });
});
