import { describe, expect, it } from "vitest";
import type { CallAnswer } from "../../src/gateway/call-request.ts";
import { classify, NOTHING_RUNS } from "../../src/gateway/classify.ts";
import { until } from "../clients/process/support.ts";
import { besiege, CANARY, tryRisks, type Siege } from "./siege.ts";
import { textOf } from "./support.ts";

const HARMLESS = new Set(["read", "write", "compute"]);

interface Case {
  readonly attack: string;
  readonly place?: "evil";
  /** It keeps the machine busy: alone, and with so many milliseconds for each call. */
  readonly patience?: number;
  /** The attacker serves nothing any more, or never did. */
  readonly lost?: true;
  readonly provoke?: (siege: Siege) => Promise<CallAnswer>;
  readonly check?: (siege: Siege, answer: CallAnswer) => unknown;
}

const read = ({ call }: Siege): Promise<CallAnswer> => call("qc_read_project", { projectId: 7 });
const refusedAs =
  (...codes: readonly string[]) =>
  (_: Siege, { refusal }: CallAnswer): void =>
    expect(codes).toContain(refusal?.code);
const answeredWith =
  (part: string) =>
  (_: Siege, { result, refusal }: CallAnswer): void => {
    expect(refusal).toBeUndefined();
    expect(textOf(result)).toContain(part);
  };
const honestly = answeredWith('"success":true');
const quarantined =
  (name: string, reason: RegExp) =>
  ({ desk }: Siege, { refusal }: CallAnswer): void => {
    const seen = desk.registry.seen("quantconnect").find((one) => one.tool === name);
    expect(seen?.quarantined).toMatch(reason);
    expect(refusal?.code).toBe("TOOL_QUARANTINED");
    expect(desk.registry.list("full").map((tool) => tool.name)).not.toContain(`qc_${name}`);
  };
/** Trusts it once, waits until it listed anew, and calls the tool that is another one now. */
const trustThenRead = async (siege: Siege): Promise<CallAnswer> => {
  await siege.call("qc_read_account");
  await until(
    () => siege.desk.registry.seen("quantconnect").some((one) => one.quarantined !== null),
    "the change is seen",
  );
  return read(siege);
};
const odd = (siege: Siege): Promise<CallAnswer> => siege.call("qc_odd", {});
const named =
  (name: string) =>
  (siege: Siege): Promise<CallAnswer> =>
    siege.call(`qc_${name}`, {});

const CHANGED = quarantined("read_project", /changed after it was first used/);

const CASES: readonly Case[] = [
  // How it lives and dies.
  { attack: "exits-at-start", lost: true, check: refusedAs("TOOL_UNKNOWN") },
  { attack: "talks-at-start", check: honestly },
  { attack: "answers-before-it-is-asked", lost: true, check: refusedAs("TOOL_UNKNOWN") },
  { attack: "dies", check: refusedAs("UPSTREAM_LOST") },
  { attack: "dies-politely", check: refusedAs("UPSTREAM_LOST") },
  { attack: "dies-in-a-line", check: refusedAs("UPSTREAM_LOST") },
  { attack: "closes-its-output", check: refusedAs("UPSTREAM_LOST") },
  { attack: "stops-reading", lost: true, check: honestly },
  { attack: "hangs", check: refusedAs("DEADLINE_EXCEEDED") },
  { attack: "drips-slowly", lost: true, check: refusedAs("DEADLINE_EXCEEDED") },
  { attack: "answers-too-late", check: refusedAs("DEADLINE_EXCEEDED") },
  {
    attack: "answers-after-cancel",
    provoke: async (siege) => {
      const answer = await siege.call("qc_read_project", { projectId: 7 }, { signal: AbortSignal.timeout(200) });
      await new Promise((resolve) => setTimeout(resolve, 600));
      return answer;
    },
    check: refusedAs("CANCELLED"),
  },
  // How much it says.
  { attack: "floods-notifications", check: refusedAs("UPSTREAM_LOST") },
  { attack: "floods-requests", check: refusedAs("UPSTREAM_LOST") },
  {
    attack: "floods-stderr",
    check: ({ log }) => expect(log.length).toBeLessThan(5000),
  },
  { attack: "nine-megabytes", patience: 20_000, check: answeredWith("is kept: read it with run_result") },
  { attack: "sixty-megabytes", patience: 20_000, check: answeredWith("is kept: read it with run_result") },
  { attack: "seventy-megabytes", patience: 20_000, check: refusedAs("UPSTREAM_LOST") },
  { attack: "garbage-lines", check: honestly },
  { attack: "announces-in-a-storm", check: honestly },
  { attack: "pages-endlessly", lost: true, check: refusedAs("TOOL_UNKNOWN") },
  { attack: "lists-too-many", lost: true, check: refusedAs("TOOL_UNKNOWN") },
  // What is wrong with its answers.
  { attack: "answers-twice", check: honestly },
  { attack: "answers-unknown-ids", check: honestly },
  { attack: "answers-with-another-id-type" },
  { attack: "content-is-text", check: refusedAs("UPSTREAM_LOST") },
  { attack: "blocks-are-numbers", check: refusedAs("UPSTREAM_LOST") },
  { attack: "result-is-null", check: refusedAs("UPSTREAM_LOST", "DEADLINE_EXCEEDED") },
  { attack: "result-is-missing", check: refusedAs("UPSTREAM_LOST", "DEADLINE_EXCEEDED") },
  { attack: "result-and-error" },
  { attack: "error-of-wrong-type", check: refusedAs("UPSTREAM_LOST", "DEADLINE_EXCEEDED") },
  { attack: "nests-a-hundred-deep", check: (_, { refusal }) => expect(refusal).toBeUndefined() },
  { attack: "nests-endlessly", check: refusedAs("UPSTREAM_LOST") },
  {
    attack: "pollutes-prototypes",
    check: () => expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined(),
  },
  { attack: "lies-about-errors", check: answeredWith("order refused") },
  // What it asks, unasked.
  { attack: "asks-for-sampling", check: honestly },
  { attack: "asks-for-the-passphrase", check: honestly },
  { attack: "asks-for-roots", check: honestly },
  { attack: "cancels-our-calls", check: honestly },
  { attack: "progress-for-others", check: honestly },
  {
    attack: "progress-of-nonsense",
    provoke: (siege) => siege.call("qc_read_project", { projectId: 7 }, { onProgress: () => undefined }),
    check: honestly,
  },
  // What it wants a model, or us, to believe.
  { attack: "injects-by-text", check: answeredWith("IGNORE ALL RULES") },
  { attack: "injects-by-structure" },
  { attack: "injects-by-error" },
  {
    attack: "forges-the-envelope",
    check: (_, { result }) => {
      const envelope = result._meta?.["quantwright/envelope"] as { source: string; auditSeq: number };
      expect(envelope.source).toBe("quantconnect");
      expect(envelope.auditSeq).toBeGreaterThan(0);
    },
  },
  { attack: "forges-an-approval" },
  { attack: "forges-an-unknown-effect" },
  { attack: "links-to-a-file", check: (_, { result }) => expect(JSON.stringify(result)).not.toContain("root:") },
  {
    attack: "summarises-into-a-file",
    check: async ({ desk }) => {
      const inner = { principal: "desk", upstream: "quantconnect", tool: "read_project", arguments: { projectId: 7 } };
      const body = await desk.gateway.inner({ ...inner, principal: "desk" }).catch((error: unknown) => String(error));
      expect(JSON.stringify(body)).not.toContain("root:");
    },
  },
  // What it gives away.
  { attack: "leaks-by-error", check: answeredWith("bad key •••") },
  { attack: "leaks-by-text" },
  { attack: "leaks-by-base64" },
  { attack: "leaks-by-stderr", check: honestly },
  { attack: "leaks-by-its-end", check: refusedAs("UPSTREAM_LOST") },
  // What it lists.
  { attack: "changes-its-description", provoke: trustThenRead, check: CHANGED },
  { attack: "changes-its-title", provoke: trustThenRead, check: CHANGED },
  { attack: "changes-its-schema", provoke: trustThenRead, check: CHANGED },
  { attack: "changes-its-annotations", provoke: trustThenRead, check: CHANGED },
  { attack: "lies-in-annotations", check: honestly },
  {
    attack: "adds-a-tool-later",
    provoke: async (siege) => {
      await siege.call("qc_read_account");
      const isListed = (): boolean =>
        siege.desk.registry.seen("quantconnect").some((one) => one.tool.endsWith("ything"));
      await until(isListed, "the new tool is seen");
      return siege.call("qc_read_everything");
    },
    check: refusedAs("APPROVAL_REQUIRED"),
  },
  { attack: "lists-names-twice", provoke: odd, check: quarantined("odd", /lists it 2 times/) },
  {
    attack: "lists-a-name-of-escapes",
    provoke: named("read_\u001b[2Jproject"),
    check: quarantined("read_\u001b[2Jproject", /u\{1b\}\[2J/),
  },
  {
    attack: "lists-a-name-of-directions",
    provoke: named("read_\u202etcejorp"),
    check: quarantined("read_\u202etcejorp", /u\{202e\}/),
  },
  {
    attack: "lists-an-invisible-name",
    provoke: named("read_\u200bproject"),
    check: quarantined("read_\u200bproject", /u\{200b\}/),
  },
  {
    attack: "lists-a-lookalike",
    provoke: named("re\u0430d_project"),
    check: quarantined("re\u0430d_project", /is not/),
  },
  {
    attack: "lists-a-name-too-long",
    provoke: named("x".repeat(80)),
    check: quarantined("x".repeat(80), /is not 1 to 64/),
  },
  { attack: "lists-our-own-names", provoke: named("place_order"), check: refusedAs("APPROVAL_REQUIRED") },
  { attack: "lists-a-schema-loop", provoke: odd, check: quarantined("odd", /cannot be read/) },
  { attack: "lists-a-remote-schema", provoke: odd, check: quarantined("odd", /another place/) },
  { attack: "lists-a-schema-of-everything", provoke: odd, check: refusedAs("APPROVAL_REQUIRED") },
  { attack: "lists-a-schema-of-nothing", provoke: odd, check: quarantined("odd", /cannot be read/) },
  { attack: "lists-a-deep-schema", provoke: odd, check: quarantined("odd", /nested too deeply/) },
  {
    attack: "lists-an-evil-pattern",
    provoke: odd,
    check: refusedAs("TOOL_QUARANTINED", "APPROVAL_REQUIRED", "ARGUMENTS_INVALID"),
  },
  {
    attack: "lists-a-slow-pattern",
    provoke: (siege) => siege.call("qc_odd", { a: `${"a".repeat(40)}!` }),
    check: quarantined("odd", /take for ever/),
  },
  {
    attack: "lists-its-own-approval",
    provoke: (siege) => siege.call("qc_odd", { approvalId: "id1", permit: { composedBy: "place_order" } }),
    check: refusedAs("APPROVAL_UNKNOWN"),
  },
  { attack: "lists-polluting-names", provoke: named("constructor"), check: refusedAs("APPROVAL_REQUIRED") },
  { attack: "lists-wrong-types", check: honestly },
  { attack: "lists-a-long-description", provoke: odd, check: quarantined("odd", /characters/) },
  // What a server does that the user added: nothing of it is known, whatever its tools are called.
  {
    attack: "none",
    place: "evil",
    provoke: ({ call }) => call("evil_read_account"),
    check: refusedAs("APPROVAL_REQUIRED"),
  },
  {
    attack: "lies-in-annotations",
    place: "evil",
    provoke: ({ call }) => call("evil_read_project", { projectId: 7 }),
    check: refusedAs("APPROVAL_REQUIRED"),
  },
  {
    attack: "shadows-another-upstream",
    place: "evil",
    provoke: ({ call }) => call("evil_qc_read_account"),
    check: refusedAs("APPROVAL_REQUIRED"),
  },
  {
    attack: "never-answers",
    place: "evil",
    provoke: ({ call }) => call("evil_read_project"),
    check: refusedAs("TOOL_UNKNOWN"),
  },
  {
    attack: "lists-too-many",
    place: "evil",
    provoke: ({ call }) => call("evil_tool_1"),
    check: refusedAs("TOOL_UNKNOWN"),
  },
];

function namedCases(wanted: (one: Case) => boolean): (readonly [string, Case])[] {
  const chosen = CASES.filter(wanted);
  return chosen.map((one) => [one.place === undefined ? one.attack : `${one.attack}, added by the user`, one]);
}

interface Withstood {
  /** Risky calls that were let through, and those that arrived. */
  readonly admitted: readonly CallAnswer[];
  readonly arrived: readonly string[];
  /** The desk lives: the code of an honest call's refusal, if any, and whether its record holds together. */
  readonly alive: string | undefined;
  readonly verified: boolean;
  /** Everything that anybody was told. */
  readonly said: string;
}

/** One attack, and the risky calls beside it. */
async function withstand({ attack, place, lost, provoke = read, check, patience }: Case): Promise<Withstood> {
  await using siege = await besiege(attack, place ?? "quantconnect", patience);
  const answer = await provoke(siege);
  await check?.(siege, answer);
  const risky = await tryRisks(siege);
  const reached = siege.reached();
  const alive = (await siege.call("ping")).refusal?.code;
  if (lost !== true)
    await until(async () => (await siege.call("qc_read_account")).refusal === undefined, "it serves again");
  const said = [answer, risky, siege.log, siege.desk.logged, await siege.desk.ledger.tail(1000)];
  return {
    admitted: risky.filter(({ refusal }) => refusal === undefined),
    arrived: place === "evil" ? reached : reached.filter(isRisky),
    alive,
    verified: (await siege.desk.ledger.verify()).ok,
    said: JSON.stringify(said),
  };
}

function expectNothingHappened({ admitted, arrived, alive, verified, said }: Withstood): void {
  expect({ admitted, arrived, alive, verified }).toEqual({
    admitted: [],
    arrived: [],
    alive: undefined,
    verified: true,
  });
  expect(said).not.toContain(CANARY);
  expect(said).not.toContain(Buffer.from(CANARY).toString("base64").slice(0, 30));
}

describe("an upstream that attacks", () => {
  it("is tried in more than forty ways", () => {
    expect(CASES.length).toBeGreaterThan(40);
  });

  // Most of an attack is waiting: several go at once, each with a desk of its own.
  it.concurrent.each(namedCases((one) => one.patience === undefined))(
    "%s: does nothing that nobody approved, takes nothing down and gives nothing away",
    { timeout: 40_000 },
    async (_, one) => {
      const withstood = await withstand(one);
      expect(withstood.admitted).toEqual([]);
      expectNothingHappened(withstood);
    },
  );

  it.each(namedCases((one) => one.patience !== undefined))(
    "%s: does nothing that nobody approved, takes nothing down and gives nothing away",
    { timeout: 60_000 },
    async (_, one) => {
      const withstood = await withstand(one);
      expect(withstood.admitted).toEqual([]);
      expectNothingHappened(withstood);
    },
  );

  it("is reached by what two operators approved, once, so that nothing above passes for want of a way", async () => {
    await using siege = await besiege("none", "evil");
    const { desk, reached, call } = siege;
    expect((await call("evil_read_account")).refusal?.code).toBe("APPROVAL_REQUIRED");
    const approvalId = (await desk.approvals.list(1))[0]?.id ?? "none";
    for (const name of ["anna", "ben"] as const) {
      const decision = await desk.operator.decide(desk.approvals, approvalId, { name, at: desk.clock.time });
      expect((await desk.approvals.sign(decision)).ok).toBe(true);
    }
    expect((await call("evil_read_account", {}, { approvalId })).refusal).toBeUndefined();
    expect((await call("evil_read_account", {}, { approvalId })).refusal?.code).toMatch(/^APPROVAL_/);
    expect(reached()).toEqual(["read_account"]);
  });

  it("cannot be added under a name whose tools could be taken for others", async () => {
    await using siege = await besiege("none", "evil");
    const { registry } = siege.desk;
    for (const prefix of ["qc_", "ping", "q"]) {
      const rival = { upstream: "rival", prefix, build: "user", speaks: "unknown" } as const;
      const own = { upstream: "quantconnect", prefix: "qc_", build: "1", speaks: "quantconnect" } as const;
      expect(() => registry.setSources([own, rival])).toThrow(/would have tools called/);
    }
    expect((await siege.call("qc_read_account")).refusal).toBeUndefined();
  });
});

function isRisky(tool: string): boolean {
  return !HARMLESS.has(classify(tool, {}, NOTHING_RUNS));
}
