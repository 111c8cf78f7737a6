import { unzipSync } from "fflate";
import { expect, it } from "vitest";
import { overBothTransports } from "../../support/cloud-caller.ts";
import { ORGANIZATION_ID } from "../../support/cloud-under-test.ts";

const organizationId = ORGANIZATION_ID;
const LIMITS = { objectLimits: { bytesEach: 1000, bytesInAll: 2000, count: 20 } };

overBothTransports(
  "the object store",
  (test) => {
    const upload = async (key: string, objectData: string): Promise<void> => {
      await test.ok("upload_object", { organizationId, key, objectData });
    };
    const remove = async (key: string): Promise<void> => {
      await test.ok("delete_object", { organizationId, key });
    };

    it("keeps what is uploaded, with its size, hash and preview, and the last of two", async () => {
      await upload("greeting", "Hello");
      await upload("greeting", "Hello, world!");
      const { metadata } = await test.ok("read_object_properties", { organizationId, key: "greeting" });
      expect(metadata).toMatchObject({
        key: "greeting",
        size: 13,
        md5: "6cd3556deb0da54bca060b4c39479839",
        mime: "text/plain",
        preview: "Hello, world!",
      });
      await remove("greeting");
      expect(await test.refused("read_object_properties", { organizationId, key: "greeting" })).toContain("not found");
    });

    it("lists the direct children of a folder, and removes it with all in it", async () => {
      await upload("tree/leaf", "a");
      await upload("tree/branch/twig", "b");
      await upload("/tree2/x", "c");
      const root = await test.ok("list_object_store_files", { organizationId });
      expect(root).toMatchObject({ path: "/", objectStorageUsed: 3 });
      expect(root["objects"]).toMatchObject([
        { key: "tree", name: "tree", mime: "directory", folder: true },
        { key: "tree2", folder: true },
      ]);
      const tree = await test.ok("list_object_store_files", { organizationId, path: "tree" });
      expect(tree["path"]).toBe("tree");
      expect(tree["objects"]).toMatchObject([
        { key: "tree/branch", folder: true },
        { key: "tree/leaf", name: "leaf", mime: "text/plain", folder: false, size: 1 },
      ]);
      await test.refused("read_object_properties", { organizationId, key: "tree" });
      await remove("tree");
      await remove("tree2");
      expect(await test.ok("list_object_store_files", { organizationId })).toMatchObject({ objects: [] });
    });

    it("packs objects for a download that needs no credentials", async () => {
      await upload("pack/one", "1");
      await upload("pack/sub/two", "22");
      const { jobId } = await test.ok("read_object_store_file_job_id", { organizationId, keys: ["pack"] });
      const { url } = await test.ok("read_object_store_file_download_url", { organizationId, jobId });
      const response = await fetch(url as string);
      const entries = unzipSync(new Uint8Array(await response.arrayBuffer()));
      const texts = Object.entries(entries).map(([name, bytes]) => [name, new TextDecoder().decode(bytes)]);
      expect(Object.fromEntries(texts)).toEqual({ "pack/one": "1", "pack/sub/two": "22" });
      await remove("pack");
    });

    it("refuses other organisations, unknown keys and jobs, and paths that lead out", async () => {
      const key = "x";
      for (const organization of [" ", "0".repeat(32)]) {
        const other = { organizationId: organization };
        await test.refused("upload_object", { ...other, key, objectData: "x" });
        await test.refused("read_object_properties", { ...other, key });
        await test.refused("list_object_store_files", other);
        await test.refused("read_object_store_file_job_id", { ...other, keys: [key] });
        await test.refused("read_object_store_file_download_url", { ...other, jobId: "0".repeat(32) });
        await test.refused("delete_object", { ...other, key });
      }
      for (const path of ["../x", "a/../../x", "a//b", "a\\b", " ", "a/./b", "x".repeat(256)]) {
        await test.refused("upload_object", { organizationId, key: path, objectData: "x" });
      }
      await test.refused("read_object_store_file_job_id", { organizationId, keys: [] });
      await test.refused("read_object_store_file_job_id", { organizationId, keys: ["nothing"] });
      await test.refused("read_object_store_file_download_url", { organizationId, jobId: "unknown" });
      expect(await test.refused("delete_object", { organizationId, key: "nothing" })).toContain("not found");
    });

    it("refuses what is more than its limits, and an object where a folder is", async () => {
      expect(await test.refused("upload_object", { organizationId, key: "big", objectData: "x".repeat(1001) })).toMatch(
        /at most 1000 bytes/,
      );
      await upload("a", "x".repeat(1000));
      await upload("b/c", "x".repeat(900));
      expect(await test.refused("upload_object", { organizationId, key: "d", objectData: "x".repeat(200) })).toMatch(
        /at most 2000 bytes/,
      );
      await test.refused("upload_object", { organizationId, key: "a/under", objectData: "x" });
      await test.refused("upload_object", { organizationId, key: "b", objectData: "x" });
      await remove("a");
      await remove("b");
    });
  },
  { settings: LIMITS },
);
