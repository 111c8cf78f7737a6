import type { CloudContext } from "../endpoint.ts";
import { hasEnded, type Deployment } from "../live/deployment.ts";
import { businessError, type Reply } from "../reply.ts";

/** The deployment of a project that was launched last, also of a deleted project; or the business error. */
export async function withDeployment(
  { projectId, deployId }: { readonly projectId: number; readonly deployId?: string | undefined },
  { live }: CloudContext,
  then: (deployment: Deployment) => Promise<Reply> | Reply,
): Promise<Reply> {
  const found = deployId === undefined ? await live.store.ofProject(projectId) : await live.store.byId(deployId);
  if (found === undefined || found.projectId !== projectId) {
    const what = deployId === undefined ? `project ${projectId}` : deployId;
    // lean-cli looks for these words.
    return businessError(`No live deployment found for ${what}`);
  }
  return then(found);
}

/** The same, of an algorithm that has not ended. */
export async function withRunning(
  projectId: number,
  context: CloudContext,
  then: (deployment: Deployment) => Promise<Reply> | Reply,
): Promise<Reply> {
  return withDeployment({ projectId }, context, (deployment) =>
    hasEnded(deployment.status)
      ? businessError(`The live algorithm of project ${projectId} has ended: ${deployment.status}`)
      : then(deployment),
  );
}
