import { z } from "zod";
import { apiTime } from "../api-time.ts";
import { type CloudContext, endpoint, type Endpoints } from "../endpoint.ts";
import { absent, filledText, safePath, wholeNumber } from "../input-fields.ts";
import type { CloudProject } from "../ports.ts";
import { businessError, reply } from "../reply.ts";
import { withProject } from "./found-project.ts";
import { leanVersion } from "./lean-version.ts";
import { templateFiles } from "./project-template.ts";

/** lean-cli and LEAN send parameters as a list of keys and values, other clients as a map. */
const parametersSchema = z.union([
  z
    .array(z.looseObject({ key: filledText, value: z.union([z.string(), z.number()]) }))
    .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, String(value)]))),
  z
    .record(z.string(), z.union([z.string(), z.number()]))
    .transform((map) => Object.fromEntries(Object.entries(map).map(([key, value]) => [key, String(value)]))),
]);

const createSchema = z.object({
  name: safePath,
  language: z.enum(["Py", "C#"]),
  organizationId: absent(z.string()),
});
const readSchema = z.object({ projectId: absent(wholeNumber), start: absent(wholeNumber), end: absent(wholeNumber) });
const updateSchema = z.object({
  projectId: wholeNumber,
  name: absent(safePath),
  description: absent(z.string().max(10_000)),
  parameters: absent(parametersSchema),
});

export const projectEndpoints: Endpoints = {
  "/projects/create": endpoint(createSchema, async ({ name, language, organizationId }, context) => {
    if (organizationId !== undefined && organizationId !== context.account.organizationId) {
      return businessError(`Organization not found: ${organizationId}`);
    }
    const { store, clock } = context;
    const project = await store.projects.create({ name, language, files: templateFiles(language), now: clock.now() });
    return reply({ projects: [projectBody(project, context)], versions: [leanVersion(context.settings.engine)] });
  }),

  "/projects/read": endpoint(readSchema, async ({ projectId, start = 0, end }, context) => {
    const versions = [leanVersion(context.settings.engine)];
    if (projectId !== undefined) {
      return withProject(projectId, context, (project) =>
        reply({ projects: [projectBody(project, context)], versions }),
      );
    }
    if (start < 0 || (end !== undefined && end <= start)) {
      return businessError(
        `Invalid argument: expected 0 <= start < end, but start ${start} and end ${end ?? "none"} came`,
      );
    }
    const projects = await context.store.projects.list(end === undefined ? { start } : { start, end });
    return reply({ projects: projects.map((project) => projectBody(project, context)), versions });
  }),

  "/projects/update": endpoint(updateSchema, ({ projectId, name, description, parameters }, context) =>
    withProject(projectId, context, async () => {
      const holder = name === undefined ? undefined : await context.store.projects.byName(name);
      if (holder !== undefined && holder.projectId !== projectId) {
        return businessError(`A project named ${holder.name} exists already: ${holder.projectId}`);
      }
      const change = {
        ...(name === undefined ? {} : { name }),
        ...(description === undefined ? {} : { description }),
        ...(parameters === undefined ? {} : { parameters }),
      };
      await context.store.projects.update(projectId, change, context.clock.now());
      return reply();
    }),
  ),

  "/projects/delete": endpoint(z.object({ projectId: wholeNumber }), ({ projectId }, context) =>
    withProject(projectId, context, async () => {
      const cancelled = await context.store.projects.delete(projectId, context.clock.now());
      for (const backtestId of cancelled) context.jobs.backtests.cancel(backtestId);
      return reply();
    }),
  ),
};

function projectBody(project: CloudProject, { account }: CloudContext): Record<string, unknown> {
  const ownerId = Number(account.userId) || 0;
  return {
    projectId: project.projectId,
    organizationId: account.organizationId,
    name: project.name,
    description: project.description,
    modified: apiTime(project.modified),
    created: apiTime(project.created),
    ownerId,
    owner: true,
    language: project.language,
    collaborators: [
      {
        uid: ownerId,
        publicId: account.userId,
        name: "Owner",
        email: "",
        bio: "",
        profileImage: "",
        owner: true,
        permission: "write",
        liveControl: true,
      },
    ],
    leanVersionId: 1,
    leanPinnedToMaster: true,
    leanEnvironment: 1,
    parameters: Object.entries(project.parameters).map(([key, value]) => ({ key, value })),
    libraries: [],
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
