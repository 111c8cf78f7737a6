import { readFileSync } from "node:fs";
import { join } from "node:path";
import { localAccounts } from "../clients/accounts/local-accounts.ts";
import type { Config } from "../config.ts";
import { computeRatesSchema } from "../domain/compute-rates.ts";
import { parseJson } from "../domain/parse-json.ts";
import { policyFileSchema, policySchema, type Policy } from "../domain/policy.ts";
import { rememberLast } from "../domain/remember-last.ts";
import type { WatchedAccounts } from "../gateway/accounts/account-view.ts";
import { snapshotAccounts } from "../gateway/accounts/snapshot-accounts.ts";
import type { Controls } from "../gateway/admit-call.ts";
import { ApprovalDesk } from "../gateway/approvals/approval-desk.ts";
import type { DeskIdentity } from "../gateway/approvals/operator-list.ts";
import { ComputeDesk } from "../gateway/compute/compute-desk.ts";
import {
  computeDocumentSchema,
  effectiveComputeBudget,
  type EffectiveComputeBudget,
} from "../gateway/compute/effective-compute-budget.ts";
import type { DeploymentLookup } from "../gateway/deployment-lookup.ts";
import { effectivePolicy, type EffectivePolicy } from "../gateway/policy/effective-policy.ts";
import { riskDesk } from "../gateway/risk-desk.ts";
import {
  accountLimits,
  effectiveLimits,
  limitsDocumentSchema,
  type EffectiveLimits,
} from "../gateway/risk/effective-limits.ts";
import { RiskBook } from "../gateway/risk/risk-book.ts";
import { Taint } from "../gateway/taint.ts";
import { createApprovalStore } from "../store/desk/approval-store.ts";
import { createComputeStore } from "../store/desk/compute-store.ts";
import { createRiskStore } from "../store/desk/risk-store.ts";
import { createTaintStore } from "../store/desk/taint-store.ts";
import { documentReader } from "../store/json-document.ts";
import { NewestSignatures } from "../store/operators/newest-signatures.ts";
import { OperatorListFile } from "../store/operators/operator-list-file.ts";
import type { Vault } from "../store/vault/vault.ts";
import type { DeskHome } from "./desk-home.ts";
import { openHaltFile } from "./halt-file.ts";
import { DeskHalt } from "./halt/desk-halt.ts";
import { haltTargetOf } from "./halt/halt-target-of.ts";
import type { LocalCloudAddress } from "./start-upstream.ts";
import type { DeskStore } from "./start-desk.ts";
import { newId, systemClock } from "./system.ts";

/** Who may do what on a desk: operators, approvals, policy, limits, and what stops everything. */
export interface DeskControls {
  readonly controls: Controls;
  readonly operators: OperatorListFile;
  readonly approvals: ApprovalDesk;
  readonly book: RiskBook;
  readonly accounts: WatchedAccounts;
  readonly identity: DeskIdentity;
  readonly policy: () => Promise<EffectivePolicy>;
  readonly limits: () => Promise<EffectiveLimits>;
  readonly computeBudget: () => Promise<EffectiveComputeBudget>;
  readonly compute: ComputeDesk;
  readonly halt: DeskHalt;
}

const ACCOUNT_DEADLINE = 3000;

/** What is read anew for each decision, so that what was edited counts at once: three small files. */
export async function openControls(
  config: Config,
  parts: {
    readonly home: DeskHome;
    readonly store: DeskStore;
    readonly vault: Vault;
    readonly cloud: LocalCloudAddress | undefined;
    readonly deployments: DeploymentLookup;
    readonly read: (
      tool: string,
      args: Readonly<Record<string, unknown>>,
    ) => Promise<Readonly<Record<string, unknown>>>;
    readonly log: (message: string) => void;
  },
): Promise<DeskControls> {
  const { home, store, vault, cloud, deployments, read, log } = parts;
  const identity: DeskIdentity = { desk: home.id, demo: home.demo };
  const operators = await OperatorListFile.open({ file: join(config.dataDir, "operators.json"), vault, identity });
  const clock = systemClock;
  const approvals = new ApprovalDesk({
    store: createApprovalStore(store.database),
    operators: () => operators.state(),
    identity,
    clock,
    newId,
  });
  const book = await RiskBook.open({ store: createRiskStore(store.database), clock, newId, log });
  const accounts =
    cloud === undefined
      ? snapshotAccounts({ read, running: () => deployments.running(clock.now()), clock })
      : localAccounts({
          ...cloud,
          seconds: () => Math.floor(clock.now() / 1e6),
          deadlineMilliseconds: ACCOUNT_DEADLINE,
        });
  const { limits, policy, computeBudget } = await signedRules(config, { identity, vault, operators });
  const risk = riskDesk({
    book,
    accounts,
    limits: async (account, mode) => accountLimits(await limits(), account, mode),
  });
  const compute = new ComputeDesk({
    store: createComputeStore(store.database),
    budget: computeBudget,
    rates: computeRatesSchema.parse(shipped(config, "compute-rates.json")),
    clock,
    profile: config.profile,
  });
  const gate = openHaltFile(home.haltFile, book);
  const halt = await DeskHalt.open({
    file: home.haltFile,
    vault,
    book,
    gate,
    ledger: store.ledger,
    operators: () => operators.state(),
    identity,
    profile: config.profile,
    target: () => haltTargetOf(config, { cloudDir: home.cloudDir, vault }),
    log,
  });
  const taint = new Taint(createTaintStore(store.database, clock));
  const controls = { policy, approvals, risk, compute, halt: gate, taint };
  return { controls, operators, approvals, book, accounts, identity, policy, limits, computeBudget, compute, halt };
}

function shipped(config: Config, name: string): unknown {
  return parseJson(readFileSync(join(config.packageRoot, "config", name), "utf8"));
}

/** The shipped rules, for who decides without a desk. */
export function shippedPolicy(config: Config): Policy {
  return policySchema.parse(shipped(config, "policy.json"));
}

/** Policy, limits and the budget of computing as they are now: read at each question, judged again when a file or the operators changed. */
async function signedRules(
  config: Config,
  parts: { readonly identity: DeskIdentity; readonly vault: Vault; readonly operators: OperatorListFile },
): Promise<Pick<DeskControls, "policy" | "limits" | "computeBudget">> {
  const { identity, vault, operators } = parts;
  const newest = await NewestSignatures.open(vault);
  const documents = {
    policy: newest.guard("policy", documentReader(join(config.dataDir, "policy.json"), policyFileSchema)),
    limits: newest.guard("limits", documentReader(join(config.dataDir, "limits.json"), limitsDocumentSchema)),
    compute: newest.guard(
      "compute",
      documentReader(join(config.dataDir, "compute-budget.json"), computeDocumentSchema),
    ),
  };
  const rules = shippedPolicy(config);
  const shippedLimits = shipped(config, "limits.json");
  const limitsOf = rememberLast(effectiveLimits);
  const policyOf = rememberLast(effectivePolicy);
  const limits = async (): Promise<EffectiveLimits> => {
    const found = documents.limits();
    const effective = limitsOf({ shipped: shippedLimits, found, operators: await operators.state(), identity });
    if (effective.file.ok && effective.signatures > 0) await newest.note("limits", found, systemClock.now());
    return effective;
  };
  const policy = async (): Promise<EffectivePolicy> => {
    const limitsHash = (await limits()).hash;
    const found = documents.policy();
    const state = { operators: await operators.state(), ...identity, limitsHash };
    const effective = policyOf({ shipped: rules, found, ...state });
    const counts = effective.kind === "policy" && (effective.own?.signatures ?? 0) > 0;
    if (counts) await newest.note("policy", found, systemClock.now());
    return effective;
  };
  const shippedBudget = shipped(config, "compute-budget.json");
  const budgetOf = rememberLast(effectiveComputeBudget);
  const computeBudget = async (): Promise<EffectiveComputeBudget> => {
    const found = documents.compute();
    const effective = budgetOf({ shipped: shippedBudget, found, operators: await operators.state(), identity });
    if (effective.budget.ok && effective.signatures > 0) await newest.note("compute", found, systemClock.now());
    return effective;
  };
  return { limits, policy, computeBudget };
}
