import { z } from "zod";
import { type CloudContext, endpoint, type Endpoints } from "../endpoint.ts";
import { absent, wholeNumber } from "../input-fields.ts";
import { businessError, type Reply, type ReplyBody, reply } from "../reply.ts";
import { withProject } from "./found-project.ts";

/** What lean-cli asks for beside the tools: who there is, and what was bought. There is one organisation and no shop. */
const inOrganization = z.object({ organizationId: absent(z.string()) });
const librarySchema = z.object({ projectId: wholeNumber, libraryId: wholeNumber });
const OWNER = "Owner";
const ORGANIZATION = "Local organization";

export const organizationEndpoints: Endpoints = {
  "/organizations/list": endpoint(z.looseObject({}), (_, { account }) =>
    reply({
      organizations: [
        {
          id: account.organizationId,
          name: ORGANIZATION,
          type: "Local",
          // So the API calls whoever asks.
          ownerName: "You",
          members: 1,
          preferred: true,
        },
      ],
    }),
  ),

  "/organizations/read": endpoint(inOrganization, (input, context) =>
    known(input, context, () => reply({ organization: organizationBody(context) })),
  ),

  "/organizations/encryption/keys/list": endpoint(inOrganization, (input, context) =>
    known(input, context, () => reply({ keys: [] })),
  ),

  "/user/read": endpoint(inOrganization, (input, context) =>
    known(input, context, () => reply({ user: { name: OWNER, profile: "", badge: null } })),
  ),

  "/lean/environments/read": endpoint(z.looseObject({}), () =>
    reply({
      environments: [
        {
          id: 1,
          name: "Pyodide",
          path: "",
          description: "Python in the sandbox, with the standard library",
          public: true,
        },
      ],
    }),
  ),

  "/modules/list": endpoint(z.looseObject({}), () => reply({ files: [] })),

  "/services/terminal-news": endpoint(z.looseObject({}), () => reply({ news: [] })),

  "/projects/library/create": endpoint(librarySchema, ({ projectId, libraryId }, context) =>
    withProject(projectId, context, async ({ libraries }) => {
      const library = libraryId === projectId ? undefined : await context.store.projects.byId(libraryId);
      if (library === undefined) return businessError(`Library not found: ${libraryId}`);
      const change = { libraries: [...new Set([...libraries, libraryId])] };
      await context.store.projects.update(projectId, change, context.clock.now());
      return reply();
    }),
  ),

  "/projects/library/delete": endpoint(librarySchema, ({ projectId, libraryId }, context) =>
    withProject(projectId, context, async ({ libraries }) => {
      if (!libraries.includes(libraryId)) return businessError(`Library not found: ${libraryId}`);
      const change = { libraries: libraries.filter((id) => id !== libraryId) };
      await context.store.projects.update(projectId, change, context.clock.now());
      return reply();
    }),
  ),
};

function known(
  { organizationId }: { readonly organizationId?: string | undefined },
  { account }: CloudContext,
  then: () => Reply,
): Reply {
  return organizationId === undefined || organizationId === account.organizationId
    ? then()
    : businessError(`Organization not found: ${organizationId}`);
}

function organizationBody({ account }: CloudContext): ReplyBody {
  return {
    id: account.organizationId,
    name: ORGANIZATION,
    seats: 1,
    type: "Local",
    credit: { movements: [], balance: 0 },
    products: [],
    data: { signedTime: null, current: false },
    members: [{ id: Number(account.userId) || 0, name: OWNER, isAdmin: true, email: "" }],
  };
}
