import type { Outcome } from "../../domain/refusal.ts";
import type { CloudContext } from "../endpoint.ts";
import type { CloudProject } from "../ports.ts";
import { businessError, type Reply } from "../reply.ts";

/** The project of a call, or the business error that there is none. */
export async function withProject(
  projectId: number,
  { store }: CloudContext,
  then: (project: CloudProject) => Promise<Reply> | Reply,
): Promise<Reply> {
  const project = await store.projects.byId(projectId);
  return project === undefined ? businessError(`Project not found: ${projectId}`) : then(project);
}

/** Turns a refusal of our own into the API's form of it. */
export function orBusinessError<T>(
  outcome: Outcome<T>,
  then: (value: T) => Promise<Reply> | Reply,
): Promise<Reply> | Reply {
  return outcome.ok ? then(outcome.value) : businessError(outcome.refusal.message);
}
