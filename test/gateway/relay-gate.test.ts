import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Policy } from "../../src/domain/policy.ts";
import { RefusalError } from "../../src/domain/refusal.ts";
import type { HaltNotice } from "../../src/gateway/halt-gate.ts";
import type { EffectivePolicy } from "../../src/gateway/policy/effective-policy.ts";
import { RelayGate, type RelayedEnd } from "../../src/gateway/relay-gate.ts";
import { openAuditHead } from "../../src/store/audit-head.ts";
import { Ledger } from "../../src/store/desk/ledger.ts";
import { deskDatabase, testPlace } from "../store/support/databases.ts";

const FINE: RelayedEnd = { kind: "answer", sent: true, isError: false, reason: "" };
const allow = (...tools: [string, ...string[]]): EffectivePolicy => {
  const rule: Policy["rules"][number] = { id: "mine", effect: "allow", when: { tools }, reason: "a test" };
  return { kind: "policy", shipped: { version: 1, rules: [rule] }, own: undefined, version: "v" };
};

describe("the gate of a relay", () => {
  let stack: AsyncDisposableStack;
  let ledger: Ledger;
  let forwarded: string[];
  let disk: { full: boolean };
  let halt: { notice: HaltNotice | undefined };

  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    const place = stack.use(await testPlace("sqlite"));
    const { database } = stack.use(await deskDatabase(place));
    const clock = { now: () => 1_700_000_000_000_000 };
    ledger = await Ledger.open({ database, clock, key: "key", headFile: openAuditHead(`${place.folder}/head.json`) });
    forwarded = [];
    disk = { full: false };
    halt = { notice: undefined };
  });
  afterEach(() => stack.disposeAsync());

  function gate(policy: EffectivePolicy | undefined): RelayGate {
    let id = 0;
    return new RelayGate({
      policy,
      upstream: "server",
      halt: { closed: () => halt.notice },
      ledger: {
        commit: (write) =>
          disk.full
            ? Promise.reject(new RefusalError({ code: "AUDIT_UNAVAILABLE", message: "disk full" }))
            : ledger.commit(write),
      },
      clock: { now: () => 1_700_000_000_000_000 },
      newId: () => `call${(id += 1)}`,
      mask: (text) => text.replaceAll("planted", "•••"),
      log: () => undefined,
    });
  }
  async function call(to: RelayGate, name: string, args: unknown = {}, end = FINE): Promise<string> {
    const done = await to.call({ name, arguments: args }, () => {
      forwarded.push(name);
      return Promise.resolve({ end, answer: "answer" });
    });
    return "refusal" in done ? done.refusal.code : done.answer;
  }
  async function audit(): Promise<string[]> {
    await ledger.settled();
    return (await ledger.tail(100)).map(({ kind, tool, result }) => `${kind} ${tool} ${result}`.trim());
  }

  it("records a call before it forwards it, and its outcome after", async () => {
    expect(await call(gate(undefined), "anything")).toBe("answer");
    expect(await audit()).toEqual(["intent anything", "outcome anything ok"]);
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 2 });
  });

  it("forwards nothing that cannot be recorded", async () => {
    disk.full = true;
    expect(await call(gate(undefined), "anything")).toBe("AUDIT_UNAVAILABLE");
    expect(forwarded).toEqual([]);
  });

  it("takes an unknown tool for live, so that without a rule for it nothing passes", async () => {
    expect(await call(gate(allow("echo")), "delete_all")).toBe("POLICY_NO_RULE");
    expect(await call(gate(allow("echo")), "echo")).toBe("answer");
    expect(forwarded).toEqual(["echo"]);
    expect(await audit()).toEqual(["refusal delete_all POLICY_NO_RULE", "intent echo", "outcome echo ok"]);
  });

  it("takes what may touch a deployment for live, because nobody looks at what runs", async () => {
    const when = { classes: ["read" as const, "write" as const] };
    const rule: Policy["rules"][number] = { id: "mine", effect: "allow", when, reason: "a test" };
    const shipped: EffectivePolicy = {
      kind: "policy",
      shipped: { version: 1, rules: [rule] },
      own: undefined,
      version: "v",
    };
    for (const name of ["update_file_contents", "delete_project", "upload_object"])
      expect(await call(gate(shipped), name, { projectId: 7 })).toBe("POLICY_NO_RULE");
    expect(await call(gate(shipped), "create_project")).toBe("answer");
  });

  it("refuses what needs an approval, because nobody can be asked", async () => {
    const rule: Policy["rules"][number] = { id: "ask", effect: "approve", signatures: 1, when: {}, reason: "a test" };
    const asking: EffectivePolicy = {
      kind: "policy",
      shipped: { version: 1, rules: [rule] },
      own: undefined,
      version: "v",
    };
    expect(await call(gate(asking), "echo")).toBe("APPROVAL_UNAVAILABLE");
    expect(forwarded).toEqual([]);
  });

  it("checks arguments against the schema that was listed, where a policy decides", async () => {
    const strict = gate(allow("echo"));
    // It wants to see the listing once for each name, and none where nothing is checked.
    expect([strict.lacks("echo"), strict.lacks("echo"), strict.lacks("other")]).toEqual([true, false, true]);
    expect(gate(undefined).lacks("echo")).toBe(false);
    strict.listed([{ name: "echo", inputSchema: { type: "object", properties: { text: { type: "string" } } } }]);
    expect(await call(strict, "echo", { text: 7 })).toBe("ARGUMENTS_INVALID");
    expect(await call(strict, "echo", { text: "seven" })).toBe("answer");
    const open = gate(undefined);
    open.listed([{ name: "echo", inputSchema: { type: "object", properties: { text: { type: "string" } } } }]);
    expect(await call(open, "echo", { text: 7 })).toBe("answer");
  });

  it.each([
    [{ kind: "lost", sent: true, isError: true, reason: "" }, "make", "OUTCOME_UNKNOWN"],
    [{ kind: "lost", sent: false, isError: true, reason: "" }, "make", "UPSTREAM_UNAVAILABLE"],
    [{ kind: "lost", sent: true, isError: true, reason: "" }, "read_account", "UPSTREAM_LOST"],
    [{ kind: "cancelled", sent: true, isError: true, reason: "" }, "make", "OUTCOME_UNKNOWN"],
    [{ kind: "answer", sent: true, isError: true, reason: "" }, "make", "UPSTREAM_REFUSED"],
    [{ kind: "refused", sent: true, isError: true, reason: "" }, "make", "OUTCOME_UNKNOWN"],
  ] as const)("records the end %o of %s as %s", async (end, tool, result) => {
    await call(gate(undefined), tool, {}, end);
    expect((await audit()).at(-1)).toBe(`outcome ${tool} ${result}`);
  });

  it("lets nothing pass that could trade while trading is halted, also where all is allowed", async () => {
    halt.notice = { haltId: "h", target: "desk", since: 1, by: "a person", reason: "a test" };
    expect(await call(gate(undefined), "anything")).toBe("HALTED");
    expect(await call(gate(undefined), "read_account")).toBe("answer");
  });

  it("writes no secret down", async () => {
    await call(gate(undefined), "echo", { text: "planted", token: "x" });
    const [intent] = await ledger.tail(5);
    expect(intent?.arguments).toBe('{"text":"•••","token":"•••"}');
  });
});
