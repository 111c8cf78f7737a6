import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openClientKeyFile } from "../../src/store/client-key-file.ts";
import { refusalOf } from "./support/refusal-of.ts";

describe("the file of the keys of HTTP clients", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "qw-keys-"));
    file = join(folder, "clients.json");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const client = (name: string) => ({ name, toolset: "desk", createdAt: 1 }) as const;

  it("takes a thousand keys and no more, and one again once another is removed", async () => {
    const kept = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ ...client(`c${index}`), hash: "0".repeat(64) }));
    writeFileSync(file, JSON.stringify({ version: 1, keys: kept(999) }));
    const keys = openClientKeyFile(file);
    keys.add({ ...client("last"), key: "key-of-the-last" });
    const more = (): void => keys.add({ ...client("more"), key: "key-of-one-more" });
    expect(await refusalOf(more)).toMatchObject({ code: "CLIENT_KEYS_FULL", message: "there are 1000 keys already" });
    expect(keys.ownerOf("key-of-one-more")).toBeUndefined();
    expect(keys.remove("c0")).toBe(true);
    more();
    expect(keys.ownerOf("key-of-one-more")?.name).toBe("more");
  });

  it("gives a name one key only", async () => {
    const keys = openClientKeyFile(file);
    keys.add({ ...client("anna"), key: "first" });
    expect(await refusalOf(() => keys.add({ ...client("anna"), key: "second" }))).toMatchObject({
      code: "CLIENT_KEY_EXISTS",
    });
    expect(keys.ownerOf("second")).toBeUndefined();
  });

  it.each([
    ["is no JSON", "{"],
    ["is of another form", '{"version":1,"keys":[{"name":"anna"}]}'],
  ])("lets nobody in, is not listed and is not written over where it %s", async (_, text) => {
    const keys = openClientKeyFile(file);
    keys.add({ ...client("anna"), key: "key-of-anna" });
    writeFileSync(file, text);
    const unreadable = { code: "CLIENT_KEYS_UNREADABLE", message: expect.stringContaining(file) as string };
    expect(await refusalOf(() => keys.list())).toMatchObject(unreadable);
    expect(await refusalOf(() => keys.add({ ...client("bert"), key: "k" }))).toMatchObject(unreadable);
    expect(await refusalOf(() => keys.remove("anna"))).toMatchObject(unreadable);
    expect(keys.ownerOf("key-of-anna")).toBeUndefined();
  });
});
