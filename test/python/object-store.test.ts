import { afterAll, describe, expect, it } from "vitest";
import { openTestPool, runOnce } from "../support/sandbox-pool.ts";

const pool = openTestPool();
afterAll(() => pool[Symbol.asyncDispose]());

describe("the object store of an algorithm", () => {
  it("keeps texts, bytes and JSON by key, in both spellings", async () => {
    const result = await pool.backtest({
      files: runOnce(`
store = self.object_store
assert not store.contains_key("a/b") and store.keys == []
store.save("a/b", "grün")
assert store.read("a/b") == "grün" and self.ObjectStore.Read("a/b") == "grün"
store.save_bytes("raw", bytes(range(256)))
assert store.read_bytes("raw") == bytes(range(256))
store.save_json("j", {"x": [1, 2.5, None]})
assert store.read_json("j") == {"x": [1, 2.5, None]}
assert store.keys == ["a/b", "j", "raw"] and "j" in store and len(store) == 3
assert store.delete("j") and not store.delete("j") and not store.ContainsKey("j")
`),
    });
    expect(result.error).toBeUndefined();
  });

  it("says which key is missing, and refuses keys that lead out of it", async () => {
    const missing = await pool.backtest({ files: runOnce('self.object_store.read("nothing")') });
    expect(missing.error?.message).toContain("the object store has no key 'nothing'");
    for (const key of ["../x", "a//b", "", "a/../../b"]) {
      const result = await pool.backtest({ files: runOnce(`self.object_store.save(${JSON.stringify(key)}, "x")`) });
      expect(result.error?.message).toContain("expected a key such as");
    }
  });
});
