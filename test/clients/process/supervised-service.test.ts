import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SupervisedService } from "../../../src/clients/process/supervised-service.ts";
import { refusalOf } from "../../store/support/refusal-of.ts";
import { isAlive, until } from "./support.ts";

/** Says who it is and what it was given on its first line; lives until it is killed. */
const SERVICE = `
  if (process.env.FAIL) { console.error("port 1 is taken"); process.exit(4); }
  console.log("warming up");
  console.log(JSON.stringify({ pid: process.pid, given: process.argv[1] ?? "nothing", names: Object.keys(process.env) }));
  setInterval(() => {}, 1000);`;

interface Ready {
  readonly pid: number;
  readonly given: string;
  readonly names: readonly string[];
}

describe("a supervised service", () => {
  let stack: AsyncDisposableStack;
  const registered = new Set<number>();
  const logged: string[] = [];
  beforeEach(() => {
    stack = new AsyncDisposableStack();
    registered.clear();
    logged.length = 0;
  });
  afterEach(() => stack.disposeAsync());
  const service = (env: Readonly<Record<string, string>> = {}): SupervisedService<Ready> =>
    stack.use(
      new SupervisedService<Ready>({
        name: "cloud",
        command: process.execPath,
        args: (ready) => ["-e", SERVICE, ...(ready === undefined ? [] : [`before ${ready.pid}`])],
        env,
        registry: {
          register: (pid) => {
            registered.add(pid);
            return () => void registered.delete(pid);
          },
        },
        log: (line) => logged.push(line),
        readyFrom: (line) => (line.startsWith("{") ? (JSON.parse(line) as Ready) : undefined),
      }),
    );

  it("is ready when it says so, in an environment of its own", async () => {
    const ready = await service({ ONLY: "this" }).start();
    expect(ready).toMatchObject({ given: "nothing" });
    expect(ready.names).toEqual(["ONLY"]);
    expect([...registered]).toEqual([ready.pid]);
  });

  it("starts again when it is killed, told what it said before", async () => {
    const cloud = service();
    const first = await cloud.start();
    process.kill(first.pid, "SIGKILL");
    await until(() => cloud.pid !== first.pid && registered.size === 1 && !registered.has(first.pid), "the next one");
    expect(cloud.restarts).toBe(1);
    expect(logged.join()).toContain("ended (signal SIGKILL); starting it again");
  });

  it("that does not start gives its last words", async () => {
    const refusal = await refusalOf(service({ FAIL: "1" }).start());
    expect(refusal.code).toBe("SERVICE_NOT_STARTED");
    expect(refusal.message).toMatch(/exit code 4: port 1 is taken/);
    expect(registered.size).toBe(0);
  });

  it("is gone when it is disposed of, and does not come back", async () => {
    const cloud = service();
    const { pid } = await cloud.start();
    await cloud[Symbol.asyncDispose]();
    expect(isAlive(pid)).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([cloud.restarts, registered.size]).toEqual([0, 0]);
  });
});
