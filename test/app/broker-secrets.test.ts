import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { forgetBrokerSecrets, hideBrokerSecrets, storeBrokerSecrets } from "../../src/app/broker-secrets.ts";
import { openFileVault } from "../../src/store/vault/file-vault.ts";

describe("the secrets of brokerages that are stored", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "qw-broker-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("are hidden by a desk that starts, all of them and nothing else, until they are forgotten", async () => {
    const vault = openFileVault(join(folder, "secrets.json"), join(folder, "secrets.key"));
    const hidden = async (): Promise<string[]> => {
      const texts: string[] = [];
      await hideBrokerSecrets(vault, (text) => texts.push(text));
      return texts.toSorted();
    };
    expect(await hidden()).toEqual([]);
    const ib = new Map([
      ["ib-account", "U1234567"],
      ["ib-password", "planted-a"],
    ]);
    await storeBrokerSecrets(vault, { name: "ib-main", values: ib });
    await storeBrokerSecrets(vault, { name: "oanda", values: new Map([["oanda-access-token", "planted-b"]]) });
    await storeBrokerSecrets(vault, { name: "ib-main", values: new Map([["ib-password", "planted-c"]]) });
    expect(await hidden()).toEqual(["planted-b", "planted-c"]);
    await forgetBrokerSecrets(vault, "oanda");
    expect(await hidden()).toEqual(["planted-c"]);
  });
});
