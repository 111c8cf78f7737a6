import { z } from "zod";
import { apiTool, CREATES, READS, REPLACES, type Tool } from "../tool.ts";
import { optional, organizationId } from "./fields.ts";

const key = z.string().describe("Path of the object, such as models/alpha.json.");

export const objectStoreTools: readonly Tool[] = [
  apiTool({
    name: "upload_object",
    title: "Upload Object Store file",
    description:
      "Writes a text object into the organisation's object store, where algorithms and notebooks read it; replaces an object of " +
      "that key. Counts against the storage quota.",
    input: z.object({
      organizationId,
      key,
      objectData: z.string().meta({ format: "binary" }).describe("Content, as text in UTF-8."),
    }),
    effects: REPLACES,
    path: "/object/set",
    encoding: "multipart",
    timeoutMs: 120_000,
  }),
  apiTool({
    name: "read_object_properties",
    title: "Read Object Store file properties",
    description: "Size in bytes, MD5, type, times and a preview of one object. Free.",
    input: z.object({ organizationId, key }),
    effects: READS,
    path: "/object/properties",
  }),
  apiTool({
    name: "read_object_store_file_job_id",
    title: "Read Object Store file job Id",
    description:
      "Begins to pack objects for download and gives a jobId for read_object_store_file_download_url. Not every " +
      "organisation may export objects.",
    input: z.object({ organizationId, keys: z.array(z.string()).describe("Keys of the objects.") }),
    effects: CREATES,
    path: "/object/get",
  }),
  apiTool({
    name: "read_object_store_file_download_url",
    title: "Read Object Store file download URL",
    description: "Address of the zip file of a download job; url is null until it is packed: call again. Free.",
    input: z.object({ organizationId, jobId: z.string().describe("From read_object_store_file_job_id.") }),
    effects: READS,
    path: "/object/get",
  }),
  apiTool({
    name: "list_object_store_files",
    title: "List Object Store files",
    description: "Objects and folders directly under a path, and how much storage is used. Free.",
    input: z.object({ organizationId, path: optional(z.string().describe("Folder; the root when left out.")) }),
    effects: READS,
    path: "/object/list",
  }),
  apiTool({
    name: "delete_object",
    title: "Delete Object Store file",
    description: "Removes an object, or a folder with all in it. There is no undo; live algorithms may need it. Free.",
    input: z.object({ organizationId, key }),
    effects: REPLACES,
    path: "/object/delete",
  }),
];
