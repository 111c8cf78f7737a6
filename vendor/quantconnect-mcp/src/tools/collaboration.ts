import { z } from "zod";
import { ADDS_ONCE, apiTool, READS, REPLACES, type Tool } from "../tool.ts";
import { codeSourceId, projectId } from "./fields.ts";

const collaboratorUserId = z.string().describe("The collaborator's public user id.");

export const collaborationTools: readonly Tool[] = [
  apiTool({
    name: "create_project_collaborator",
    title: "Create project collaborator",
    description:
      "Shares a project with another user and says whether that user may edit it and control its live algorithm. Free.",
    input: z.object({
      projectId,
      collaboratorUserId,
      collaborationLiveControl: z.boolean().describe("May deploy, stop and command live algorithms."),
      collaborationWrite: z.boolean().describe("May change files."),
    }),
    effects: ADDS_ONCE,
    path: "/projects/collaboration/create",
  }),
  apiTool({
    name: "read_project_collaborators",
    title: "Read project collaborators",
    description: "Lists who has access to a project, and with which permissions, and what your own are. Free.",
    input: z.object({ projectId }),
    effects: READS,
    path: "/projects/collaboration/read",
  }),
  apiTool({
    name: "update_project_collaborator",
    title: "Update project collaborator",
    description: "Changes whether a collaborator may edit the project and control its live algorithm. Free.",
    input: z.object({
      projectId,
      collaboratorUserId,
      liveControl: z.boolean().describe("May deploy, stop and command live algorithms."),
      write: z.boolean().describe("May change files."),
    }),
    effects: REPLACES,
    path: "/projects/collaboration/update",
  }),
  apiTool({
    name: "delete_project_collaborator",
    title: "Delete project collaborator",
    description: "Takes a user's access to a project away. Free.",
    input: z.object({ projectId, collaboratorId: z.string().describe("The collaborator's public user id.") }),
    effects: REPLACES,
    path: "/projects/collaboration/delete",
  }),
  apiTool({
    name: "lock_project_with_collaborators",
    title: "Lock project with collaborators",
    description:
      "Takes the edit lock of a project that has collaborators. Do it before you read and change its files, with the same " +
      "codeSourceId in all calls. Not needed for a project of your own. It takes the lock from whoever holds it. Free.",
    input: z.object({ projectId, codeSourceId }),
    effects: REPLACES,
    path: "/projects/collaboration/lock/acquire",
  }),
];
