import { z } from "zod";
import { type CloudContext, endpoint, type Endpoints } from "../endpoint.ts";
import { absent, filledText, flag, wholeNumber } from "../input-fields.ts";
import { businessError, type Reply, reply } from "../reply.ts";
import { collaboratorBodies } from "./collaborator-body.ts";
import { withProject } from "./found-project.ts";

const projectId = wholeNumber;
const createSchema = z.object({
  projectId,
  collaboratorUserId: filledText,
  collaborationLiveControl: flag,
  collaborationWrite: flag,
});
const updateSchema = z.object({ projectId, collaboratorUserId: filledText, liveControl: flag, write: flag });
/** The documentation and its sample name the user differently. */
const deleteSchema = z
  .object({ projectId, collaboratorId: absent(filledText), collaboratorUserId: absent(filledText) })
  .transform((input) => ({ projectId: input.projectId, userId: input.collaboratorId ?? input.collaboratorUserId }));
const lockSchema = z.object({ projectId, codeSourceId: filledText });

export const collaborationEndpoints: Endpoints = {
  "/projects/collaboration/create": endpoint(createSchema, (input, context) =>
    withProject(input.projectId, context, async ({ projectId }) => {
      const userId = input.collaboratorUserId;
      if (userId === context.account.userId) return businessError("The owner of a project is not added to it.");
      if (!context.settings.collaborators.includes(userId)) return businessError(`User not found: ${userId}`);
      const rights = { liveControl: input.collaborationLiveControl, write: input.collaborationWrite };
      await context.store.collaborators.put(projectId, { userId, ...rights }, context.clock.now());
      return listed(projectId, context);
    }),
  ),

  "/projects/collaboration/read": endpoint(z.object({ projectId }), (input, context) =>
    withProject(input.projectId, context, ({ projectId }) =>
      listed(projectId, context, { userLiveControl: true, userPermissions: "write" }),
    ),
  ),

  "/projects/collaboration/update": endpoint(updateSchema, (input, context) =>
    withProject(input.projectId, context, async ({ projectId }) => {
      const userId = input.collaboratorUserId;
      const added = await context.store.collaborators.list(projectId);
      if (!added.some((one) => one.userId === userId)) return noCollaborator(userId);
      const { liveControl, write } = input;
      await context.store.collaborators.put(projectId, { userId, liveControl, write }, context.clock.now());
      return listed(projectId, context);
    }),
  ),

  "/projects/collaboration/delete": endpoint(deleteSchema, ({ userId, ...input }, context) =>
    withProject(input.projectId, context, async ({ projectId }) => {
      if (userId === undefined) return businessError("Invalid argument collaboratorId: expected a user id");
      const removed = await context.store.collaborators.remove(projectId, userId);
      return removed ? listed(projectId, context) : noCollaborator(userId);
    }),
  ),

  "/projects/collaboration/lock/acquire": endpoint(lockSchema, ({ codeSourceId, ...input }, context) =>
    withProject(input.projectId, context, async ({ projectId }) => {
      // It takes the lock from whoever holds it, as the real one does.
      await context.store.projects.update(projectId, { lockHolder: codeSourceId }, context.clock.now());
      return reply();
    }),
  ),
};

async function listed(
  projectId: number,
  context: CloudContext,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Reply> {
  const added = await context.store.collaborators.list(projectId);
  return reply({ collaborators: collaboratorBodies(added, context), ...more });
}

function noCollaborator(userId: string): ReturnType<typeof businessError> {
  return businessError(`Collaborator not found: ${userId}`);
}
