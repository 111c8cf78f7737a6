import type { CloudContext } from "../endpoint.ts";
import type { CloudProject } from "../ports.ts";
import { businessError, type Reply } from "../reply.ts";
import { withProject } from "./found-project.ts";

/** The project of a call that changes files: with collaborators, only who holds the lock may do so. */
export async function withEditableProject(
  { projectId, codeSourceId }: { readonly projectId: number; readonly codeSourceId?: string | undefined },
  context: CloudContext,
  then: (project: CloudProject) => Promise<Reply> | Reply,
): Promise<Reply> {
  return withProject(projectId, context, async (project) => {
    const shared = (await context.store.collaborators.list(projectId)).length > 0;
    if (!shared || (codeSourceId !== undefined && codeSourceId === project.lockHolder)) return then(project);
    return businessError(
      "You do not have write permission: the project has collaborators, so acquire its lock first, with the codeSourceId of this call.",
    );
  });
}
