import { z } from "zod";
import { ADDS_ONCE, apiTool, READS, REPLACES, type Tool } from "../tool.ts";
import { codeSourceId, DEFAULT_CODE_SOURCE, optional, projectId } from "./fields.ts";

const name = z.string().describe("Path in the project, such as main.py or models/alpha.py.");
const presets = DEFAULT_CODE_SOURCE;

export const fileTools: readonly Tool[] = [
  apiTool({
    name: "create_file",
    title: "Create file",
    description:
      "Adds a new file. A new project has main.py (or Main.cs) already: change that with update_file_contents. Without " +
      "content the file is empty. Free.",
    input: z.object({
      projectId,
      name,
      content: optional(z.string().describe("Text of the file.")),
      codeSourceId: optional(codeSourceId),
    }),
    effects: ADDS_ONCE,
    path: "/files/create",
    presets,
  }),
  apiTool({
    name: "read_file",
    title: "Read file",
    description:
      "Text of one file of a project by name, or of all files without a name. Free. Read a file before you change it; a " +
      "long one comes as a summary with the whole as a resource, so never write a summarised text back.",
    input: z.object({ projectId, name: optional(name), codeSourceId: optional(codeSourceId) }),
    effects: READS,
    path: "/files/read",
    presets,
  }),
  apiTool({
    name: "update_file_name",
    title: "Update file name",
    description: "Renames or moves a file in its project. Imports of it in other files are not changed. Free.",
    input: z.object({
      projectId,
      name,
      newName: z.string().describe("New path in the project."),
      codeSourceId: optional(codeSourceId),
    }),
    effects: REPLACES,
    path: "/files/update",
    presets,
  }),
  apiTool({
    name: "update_file_contents",
    title: "Update file contents",
    description: "Replaces the whole text of an existing file. For small changes to a large file use patch_file. Free.",
    input: z.object({
      projectId,
      name,
      content: z.string().describe("The whole new text; must not be empty."),
      codeSourceId: optional(codeSourceId),
    }),
    effects: REPLACES,
    path: "/files/update",
    presets,
  }),
  apiTool({
    name: "patch_file",
    title: "Patch file",
    description:
      "Applies a unified diff, as git diff writes it, to one or several files. Saves tokens for small changes. Read the " +
      "file first: context lines must match. Not idempotent in effect if the context still matches. Free.",
    input: z.object({
      projectId,
      patch: z.string().describe("Unified diff with ---/+++ file headers and @@ hunks."),
      codeSourceId: optional(codeSourceId),
    }),
    effects: { ...REPLACES, idempotentHint: false },
    path: "/files/patch",
    presets,
  }),
  apiTool({
    name: "delete_file",
    title: "Delete file",
    description: "Removes a file from a project; there is no undo. Free.",
    input: z.object({ projectId, name, codeSourceId: optional(codeSourceId) }),
    effects: REPLACES,
    path: "/files/delete",
    presets,
  }),
];
