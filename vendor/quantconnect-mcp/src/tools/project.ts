import { z } from "zod";
import { apiTool, CREATES, READS, REPLACES, type Tool } from "../tool.ts";
import { language, optional, organizationId, projectId } from "./fields.ts";

export const projectTools: readonly Tool[] = [
  apiTool({
    name: "create_project",
    title: "Create project",
    description:
      "Makes a new project with default files (main.py or Main.cs, and a research notebook) and gives its projectId. A " +
      "name already in use is changed: read it in the answer. Free. Put code in with update_file_contents.",
    input: z.object({
      name: z.string().describe("Name; slashes make folders."),
      language,
      organizationId: optional(organizationId),
    }),
    effects: CREATES,
    path: "/projects/create",
  }),
  apiTool({
    name: "read_project",
    title: "Read project",
    description:
      "Details of one project (projectId), or a page of the most recently changed ones (start inclusive, end exclusive). " +
      "Free. For everything at once use list_projects.",
    input: z.object({
      projectId: optional(projectId),
      start: z.int().nullable().default(0).describe("First index of the page, from 0."),
      end: optional(z.int().describe("Index after the last of the page.")),
    }),
    effects: READS,
    path: "/projects/read",
  }),
  apiTool({
    name: "list_projects",
    title: "List projects",
    description: "All projects of the account, with ids, names and settings. Free. Long answers are summarised.",
    input: z.object({}),
    effects: READS,
    path: "/projects/read",
  }),
  apiTool({
    name: "update_project",
    title: "Update project",
    description:
      "Changes a project's name, its description, or both. The name must not belong to another project. Free.",
    input: z.object({
      projectId,
      name: optional(z.string().describe("New name.")),
      description: optional(z.string().describe("New description.")),
    }),
    effects: REPLACES,
    path: "/projects/update",
  }),
  apiTool({
    name: "update_project_parameters",
    title: "Update project parameters",
    description: "Sets all parameters of a project, for its backtests and deployments. Free.",
    input: z.object({
      projectId,
      parameters: z.array(z.object({ key: z.string(), value: z.string() })),
    }),
    effects: REPLACES,
    path: "/projects/update",
  }),
  apiTool({
    name: "delete_project",
    title: "Delete project",
    description:
      "Removes a project with its files and backtests. Cannot be taken back from here; stop its live algorithm first. Free.",
    input: z.object({ projectId }),
    effects: REPLACES,
    path: "/projects/delete",
  }),
];
