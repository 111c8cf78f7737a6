import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Decimal } from "../../../src/domain/decimal.ts";
import type { AccountView } from "../../../src/gateway/accounts/account-view.ts";
import { newTestOperator, type TestOperator } from "../test-operator.ts";

export const PROJECT = 7;
export const ACCOUNT = "L-7";

/** A paper account with nothing in it and a quote of SPY. */
export function paperAccount(): AccountView {
  const decimal = (text: string): Decimal => Decimal.parse(text);
  const quote = {
    symbol: "SPY",
    price: decimal("100"),
    bid: decimal("99.99"),
    ask: decimal("100.01"),
    rate: decimal("1"),
    ageSeconds: 0,
    isMarketOpen: true,
    source: "local-cloud" as const,
  };
  return {
    projectId: PROJECT,
    deployId: ACCOUNT,
    mode: "PAPER",
    feed: "replay",
    asOf: 0,
    feedTime: 0,
    source: "a test",
    currency: "USD",
    equity: decimal("100000"),
    launchEquity: decimal("100000"),
    cash: [],
    positions: [],
    working: [],
    realized: new Map(),
    quotes: new Map([["SPY", quote]]),
  };
}

/** Operators whose keys are kept in a folder: a signature must count for the process that comes after, too. */
export function keptOperator(folder: string): TestOperator {
  return newTestOperator("desk-under-test", { anna: keptKeys(folder, "anna"), ben: keptKeys(folder, "ben") });
}

function keptKeys(folder: string, name: string): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  const file = join(folder, `${name}.pem`);
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync("ed25519");
    writeFileSync(file, privateKey.export({ format: "pem", type: "pkcs8" }));
  }
  const privateKey = createPrivateKey(readFileSync(file));
  return { publicKey: createPublicKey(privateKey), privateKey };
}
