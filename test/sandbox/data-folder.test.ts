import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { zipSync } from "fflate";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDataFolder } from "../../src/sandbox/data-folder.ts";
import { refusalOf } from "../store/support/refusal-of.ts";

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
let folder = "";

function put(path: string, content: string | Uint8Array): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "data-folder-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("a data folder", () => {
  it("reads texts and single-entry zips, deflated or stored; absent files are undefined", () => {
    put("a/one.csv", "x,1\n");
    put("a/deflated.zip", zipSync({ "one.csv": text("20130101 00:00,1\n".repeat(100)) }));
    put("a/stored.zip", zipSync({ "one.csv": [text("plain"), { level: 0 }] }));
    const data = openDataFolder([folder]);
    expect(data.readText("a/one.csv")).toBe("x,1\n");
    expect(data.readZip("a/deflated.zip")?.length).toBe(1700);
    expect(new TextDecoder().decode(data.readZip("a/stored.zip"))).toBe("plain");
    expect(data.readText("a/two.csv")).toBeUndefined();
    expect(data.readZip("b/two.zip")).toBeUndefined();
  });

  it("takes a file from the first folder that has it", () => {
    put("first/own.csv", "own");
    put("second/own.csv", "shipped");
    put("second/other.csv", "other");
    const data = openDataFolder([join(folder, "first"), join(folder, "absent"), join(folder, "second")]);
    expect([data.readText("own.csv"), data.readText("other.csv")]).toEqual(["own", "other"]);
  });

  it("refuses paths that leave the folder and takes links for absent", () => {
    const secret = put("secret/secret.csv", "secret");
    put("data/plain.csv", "plain");
    symlinkSync(secret, join(folder, "data", "link.csv"));
    symlinkSync(join(folder, "secret"), join(folder, "data", "linked"));
    const data = openDataFolder([join(folder, "data")]);
    expect(data.readText("link.csv")).toBeUndefined();
    expect(data.readText("linked/secret.csv")).toBeUndefined();
    for (const path of [
      "../secret/secret.csv",
      secret,
      "a/../../secret/secret.csv",
      "",
      "a//b",
      "a\\b",
      "./plain.csv",
    ]) {
      expect(() => data.readText(path)).toThrow(RangeError);
    }
  });

  it("says which zip is damaged", async () => {
    const zip = zipSync({ "one.csv": text("x".repeat(1000)) });
    put("cut.zip", zip.subarray(0, zip.length - 30));
    put("none.zip", "no zip at all");
    const data = openDataFolder([folder]);
    for (const name of ["cut.zip", "none.zip"]) {
      const message = `${name}: expected a zip file with one deflated entry, found no central directory`;
      const reading = Promise.resolve().then(() => data.readZip(name));
      expect(await refusalOf(reading)).toMatchObject({ code: "DATA_DAMAGED", message });
    }
  });

  it("has a fingerprint of what was read: paths and contents, not their order", () => {
    put("one.csv", "1");
    put("two.csv", "2");
    const read = (...paths: string[]): string => {
      const data = openDataFolder([folder]);
      for (const path of paths) data.readText(path);
      return data.fingerprint();
    };
    expect(read("one.csv", "two.csv")).toBe(read("two.csv", "one.csv", "absent.csv"));
    expect(read("one.csv")).not.toBe(read("one.csv", "two.csv"));
    const before = read("one.csv");
    put("one.csv", "changed");
    expect(read("one.csv")).not.toBe(before);
  });
});
