import { z } from "zod";
import { type CloudContext, endpoint, type Endpoints } from "../endpoint.ts";
import { absent, filledText, safePath, wholeNumber } from "../input-fields.ts";
import { hasEnded } from "../live/deployment.ts";
import { businessError, type Reply, reply } from "../reply.ts";
import { withEditableProject } from "./editable-project.ts";
import { withProject } from "./found-project.ts";
import { leanVersion } from "./lean-version.ts";
import { projectBodies } from "./project-body.ts";
import { templateFiles } from "./project-template.ts";

/** lean-cli and LEAN send parameters as a list of keys and values, other clients as a map. */
const parametersSchema = z.union([
  z
    .array(z.looseObject({ key: filledText, value: z.union([z.string(), z.number()]) }))
    .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, String(value)]))),
  z
    .record(z.string(), z.union([z.string(), z.number()]))
    .transform((map) => Object.fromEntries(Object.entries(map).map(([key, value]) => [key, String(value)]))),
  z.literal("").transform(() => ({})),
]);
const MOST_FILES = 1000;

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
  // Not sent in an API call of today's clients but by lean-cli, as a form: an empty list is an empty text there.
  files: absent(
    z.union([
      z.array(z.object({ name: safePath, content: z.string() })).max(MOST_FILES),
      z.literal("").transform(() => []),
    ]),
  ),
  libraries: absent(z.union([z.array(wholeNumber).max(100), z.literal("").transform(() => [])])),
  versionId: absent(wholeNumber),
  leanEnvironment: absent(wholeNumber),
  codeSourceId: absent(z.string()),
});

export const projectEndpoints: Endpoints = {
  "/projects/create": endpoint(createSchema, async ({ name, language, organizationId }, context) => {
    if (organizationId !== undefined && organizationId !== context.account.organizationId) {
      return businessError(`Organization not found: ${organizationId}`);
    }
    const { store, clock } = context;
    const project = await store.projects.create({ name, language, files: templateFiles(language), now: clock.now() });
    return reply({
      projects: await projectBodies([project], context),
      versions: [leanVersion(context.settings.engine)],
    });
  }),

  "/projects/read": endpoint(readSchema, async ({ projectId, start = 0, end }, context) => {
    const versions = [leanVersion(context.settings.engine)];
    if (projectId !== undefined) {
      return withProject(projectId, context, async (project) =>
        reply({ projects: await projectBodies([project], context), versions }),
      );
    }
    if (start < 0 || (end !== undefined && end <= start)) {
      return businessError(
        `Invalid argument: expected 0 <= start < end, but start ${start} and end ${end ?? "none"} came`,
      );
    }
    const projects = await context.store.projects.list(end === undefined ? { start } : { start, end });
    return reply({ projects: await projectBodies(projects, context), versions });
  }),

  "/projects/update": endpoint(updateSchema, (input, context) =>
    input.files === undefined
      ? withProject(input.projectId, context, () => update(input, context))
      : withEditableProject(input, context, () => update(input, context)),
  ),

  "/projects/delete": endpoint(z.object({ projectId: wholeNumber }), ({ projectId }, context) =>
    withProject(projectId, context, async () => {
      const current = await context.live.store.ofProject(projectId);
      if (current !== undefined && !hasEnded(current.status)) {
        return businessError(`Project ${projectId} is live as ${current.deployId}; stop or liquidate it first.`);
      }
      const cancelled = await context.store.projects.delete(projectId, context.clock.now());
      for (const backtestId of cancelled) context.jobs.backtests.cancel(backtestId);
      context.jobs.sweep();
      return reply();
    }),
  ),
};

async function update(
  { projectId, name, description, parameters, ...input }: z.output<typeof updateSchema>,
  { store, clock }: CloudContext,
): Promise<Reply> {
  const holder = name === undefined ? undefined : await store.projects.byName(name);
  if (holder !== undefined && holder.projectId !== projectId) {
    return businessError(`A project named ${holder.name} exists already: ${holder.projectId}`);
  }
  const { libraries, files, versionId, leanEnvironment } = input;
  for (const library of libraries ?? []) {
    const found = library === projectId ? undefined : await store.projects.byId(library);
    if (found === undefined) return businessError(`Library not found: ${library}`);
  }
  const change = {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(libraries === undefined ? {} : { libraries: [...new Set(libraries)] }),
    ...(versionId === undefined || versionId < 1 ? {} : { leanVersion: versionId }),
    ...(leanEnvironment === undefined ? {} : { leanEnvironment }),
  };
  await store.projects.update(projectId, change, clock.now());
  const contents = Object.fromEntries((files ?? []).map((file) => [file.name, file.content]));
  await store.files.change(projectId, contents, clock.now());
  return reply();
}
