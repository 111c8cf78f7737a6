import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Artifacts } from "../../src/store/artifacts.ts";
import { refusalOf } from "./support/refusal-of.ts";

describe("artifacts", () => {
  let folder = "";
  let artifacts: Artifacts;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "quantwright-artifacts-"));
    artifacts = new Artifacts(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const files = (): string[] =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.length > 10);

  it("are found under the hash of their content, and written once however often they are put", async () => {
    const hashes = await Promise.all(Array.from({ length: 10 }, () => artifacts.put("content — ä")));
    const hash = createHash("sha256").update("content — ä").digest("hex");
    expect(new Set(hashes)).toEqual(new Set([hash]));
    expect(await artifacts.get(hash)).toBe("content — ä");
    expect(files()).toEqual([join(hash.slice(0, 2), hash)]);
  });

  it("are undefined under a hash that nobody stored, or that is none", async () => {
    expect(await artifacts.get("0".repeat(64))).toBeUndefined();
    expect(await artifacts.get("../../etc/passwd")).toBeUndefined();
  });

  it("are a fault when they were changed on disk", async () => {
    const hash = await artifacts.put("content");
    writeFileSync(join(folder, hash.slice(0, 2), hash), "contend");
    await expect(artifacts.get(hash)).rejects.toThrow(/was changed on disk/);
  });

  it("refuse what they cannot write, and leave no part of it", async () => {
    const hash = createHash("sha256").update("content").digest("hex");
    writeFileSync(join(folder, hash.slice(0, 2)), "a file where a folder should be");
    expect(await refusalOf(artifacts.put("content"))).toMatchObject({ code: "ARTIFACT_NOT_STORED", retryable: true });
    expect(files()).toEqual([]);
  });
});
