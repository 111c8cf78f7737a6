import { z } from "zod";
import { SecretMask } from "../secret-mask.ts";
import { postToCloud, type CloudApi } from "./cloud-api.ts";

/** Nodes of one kind; `busy` is null where the service does not say it of each. */
export interface NodeCount {
  readonly count: number;
  readonly busy: number | null;
}

/** What the service says of an account. Null is for what it does not say, or says in a way that we do not know. */
export interface OrganisationView {
  readonly id: string | null;
  readonly name: string | null;
  readonly tier: string | null;
  /** In US dollars. */
  readonly credit: number | null;
  readonly nodes: {
    readonly backtest: NodeCount | null;
    readonly research: NodeCount | null;
    readonly live: NodeCount | null;
  };
}

export type OrganisationLook =
  | { readonly kind: "seen"; readonly view: OrganisationView }
  /** The service knows the credentials not, or says no. */
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "unreachable"; readonly reason: string };

const refusedSchema = z.looseObject({ success: z.literal(false), errors: z.array(z.string()).catch([]) });
const accountSchema = z.looseObject({
  organizationId: z.string().min(1).nullish().catch(null),
  creditBalance: z.number().nullish().catch(null),
});
const organisationSchema = z.looseObject({
  organization: z.looseObject({
    name: z.string().min(1).nullish().catch(null),
    type: z.string().min(1).nullish().catch(null),
  }),
});
const nodeList = z
  .array(z.looseObject({ busy: z.boolean().nullish().catch(null) }))
  .nullish()
  .catch(null);
const nodesSchema = z.looseObject({ backtest: nodeList, research: nodeList, live: nodeList });

/** Looks at the account, its organisation and that organisation's nodes. What the service says of them is never guessed. */
export async function lookAtOrganisation(api: CloudApi): Promise<OrganisationLook> {
  const mask = new SecretMask();
  mask.add(api.token);
  let body: unknown;
  try {
    body = await postToCloud(api, "/account/read", {});
  } catch (error) {
    return { kind: "unreachable", reason: mask.apply(reasonOf(error)) };
  }
  const refused = refusedSchema.safeParse(body);
  if (refused.success) {
    return { kind: "refused", reason: mask.apply(refused.data.errors.join("; ") || "no reason given") };
  }
  const account = accountSchema.safeParse(body).data;
  const id = account?.organizationId ?? null;
  // Without its id an organisation cannot be asked for; the answer would be of another one.
  const ask = (path: string): Promise<unknown> =>
    id === null ? Promise.resolve(undefined) : postToCloud(api, path, { organizationId: id }).catch(() => undefined);
  const [organisation, nodes] = await Promise.all([ask("/organizations/read"), ask("/nodes/read")]);
  const about = organisationSchema.safeParse(organisation).data?.organization;
  const kinds = nodesSchema.safeParse(nodes).data;
  return {
    kind: "seen",
    view: {
      id,
      name: about?.name ?? null,
      tier: about?.type ?? null,
      credit: account?.creditBalance ?? null,
      nodes: {
        backtest: countOf(kinds?.backtest),
        research: countOf(kinds?.research),
        live: countOf(kinds?.live),
      },
    },
  };
}

function countOf(
  nodes: readonly { readonly busy?: boolean | null | undefined }[] | null | undefined,
): NodeCount | null {
  if (nodes === null || nodes === undefined) return null;
  const isKnown = nodes.every(({ busy }) => typeof busy === "boolean");
  return { count: nodes.length, busy: isKnown ? nodes.filter(({ busy }) => busy === true).length : null };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
