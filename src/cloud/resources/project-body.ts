import { apiTime } from "../api-time.ts";
import type { CloudContext } from "../endpoint.ts";
import type { CloudProject } from "../ports.ts";
import type { ReplyBody } from "../reply.ts";
import { collaboratorBodies } from "./collaborator-body.ts";

/** Projects as the API gives them, with the fields that lean-cli wants beside those of the models. */
export async function projectBodies(projects: readonly CloudProject[], context: CloudContext): Promise<ReplyBody[]> {
  const added = await context.store.collaborators.byProject();
  const bodies: ReplyBody[] = [];
  for (const project of projects) {
    const collaborators = collaboratorBodies(added.get(project.projectId) ?? [], context);
    bodies.push(projectBody(project, { collaborators, libraries: await libraryBodies(project, context), context }));
  }
  return bodies;
}

async function libraryBodies({ libraries }: CloudProject, { store }: CloudContext): Promise<ReplyBody[]> {
  const bodies: ReplyBody[] = [];
  for (const projectId of libraries) {
    const library = await store.projects.byId(projectId);
    if (library !== undefined) bodies.push({ projectId, libraryName: library.name, ownerName: "Owner", access: true });
  }
  return bodies;
}

function projectBody(
  project: CloudProject,
  parts: {
    readonly collaborators: readonly ReplyBody[];
    readonly libraries: readonly ReplyBody[];
    readonly context: CloudContext;
  },
): ReplyBody {
  const { account } = parts.context;
  return {
    projectId: project.projectId,
    organizationId: account.organizationId,
    name: project.name,
    description: project.description,
    modified: apiTime(project.modified),
    created: apiTime(project.created),
    ownerId: Number(account.userId) || 0,
    owner: true,
    language: project.language,
    collaborators: parts.collaborators,
    leanVersionId: project.leanVersion,
    leanPinnedToMaster: true,
    leanEnvironment: project.leanEnvironment,
    parameters: Object.entries(project.parameters).map(([key, value]) => ({ key, value })),
    libraries: parts.libraries,
    encrypted: false,
    encryptionKey: null,
    codeRunning: false,
    channelId: null,
    paperEquity: 0,
    lastLiveDeployment: null,
    grid: {},
    liveGrid: {},
  };
}
