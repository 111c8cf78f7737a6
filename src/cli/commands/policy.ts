import type { Command } from "commander";
import { z } from "zod";
import { canonicalJson } from "../../domain/canonical-json.ts";
import { documentSignatureSchema, operatorNameSchema, type DocumentSignature } from "../../domain/operator.ts";
import { parseJson } from "../../domain/parse-json.ts";
import { policyFileSchema, policySchema } from "../../domain/policy.ts";
import { principalSchema } from "../../domain/principal.ts";
import { RefusalError } from "../../domain/refusal.ts";
import { visibleText } from "../../domain/visible-text.ts";
import type { CliServices, SignedKind } from "../cli-services.ts";
import { action, parseOptions, withGlobalFlags, type CommandContext } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { explanationSchema, explanationText } from "../explanation-text.ts";
import { chooseSigner, deskOperators, openSigner } from "../operator-signing.ts";

const asSchema = z.object({ as: operatorNameSchema.optional() });
const explainSchema = z.object({ principal: principalSchema.default("host") });
const plainPolicySchema = z.union([policyFileSchema, policySchema.transform((policy) => ({ policy, signatures: [] }))]);
const limitsFileSchema = z.strictObject({
  limits: z.json(),
  signatures: z.array(documentSignatureSchema).max(20).default([]),
});
const plainLimitsSchema = z.union([limitsFileSchema, z.json().transform((limits) => ({ limits, signatures: [] }))]);
const computeFileSchema = z.strictObject({
  compute: z.json(),
  signatures: z.array(documentSignatureSchema).max(20).default([]),
});
const plainComputeSchema = z.union([computeFileSchema, z.json().transform((compute) => ({ compute, signatures: [] }))]);
const refusalSchema = z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() });
const computeStateSchema = z.object({
  own: z.boolean(),
  signatures: z.int(),
  budget: z.json().optional(),
  refusal: refusalSchema.optional(),
});
const limitsStateSchema = z.object({
  own: z.boolean(),
  signatures: z.int(),
  hash: z.string(),
  limits: z.json().optional(),
  refusal: refusalSchema.optional(),
  compute: computeStateSchema,
});

/** `policy explain|sign` and `limits show|sign|sign-compute`: what decides about calls, and the signatures that let it be looser. */
export function addPolicyCommands(program: Command, services: CliServices, done: (code: number) => void): void {
  const policy = program.command("policy").description("the rules that decide about calls");
  withGlobalFlags(
    policy
      .command("explain")
      .description("what would happen to a call, and by which rule; nothing is done")
      .argument("<tool>")
      .argument("[json]", "arguments as JSON", "{}")
      .option("--principal <principal>", "who would call", "host"),
  ).action(
    action(services, done, async ({ session, output }, tool, json, options) => {
      const { principal } = parseOptions(explainSchema, options);
      await using link = await session.desk();
      const params = { tool: String(tool), arguments: argumentsOf(String(json)), principal };
      const explanation = explanationSchema.parse(await link.request("policy.explain", params));
      output.result(explanation, explanationText(explanation));
    }),
  );
  addSignCommand(policy, { kind: "policy", services, done });
  const limits = program.command("limits").description("the limits of orders, and of computing");
  withGlobalFlags(limits.command("show").description("the limits that hold now, and whether they are signed")).action(
    action(services, done, async ({ session, output }) => {
      await using link = await session.desk();
      const state = limitsStateSchema.parse(await link.request("limits.show"));
      if (state.refusal !== undefined) {
        output.refusal(state.refusal);
        return EXIT.REFUSED;
      }
      const orders = `Limits: ${whoseText(state)}, hash ${state.hash}\n${JSON.stringify(state.limits, null, 2)}`;
      output.result(state, `${orders}\n${computeText(state.compute)}`);
      return EXIT.DONE;
    }),
  );
  addSignCommand(limits, { kind: "limits", services, done });
  addSignCommand(limits, { kind: "compute", services, done });
}

function whoseText({ own, signatures }: { readonly own: boolean; readonly signatures: number }): string {
  return own ? `your own, with ${signatures} ${signatures === 1 ? "signature" : "signatures"}` : "as shipped";
}

function computeText(state: z.infer<typeof computeStateSchema>): string {
  const { refusal, budget } = state;
  if (refusal !== undefined) return `Computing: ${refusal.code}: ${visibleText(refusal.message)}`;
  return `Computing, on each UTC day: ${whoseText(state)}\n${JSON.stringify(budget, null, 2)}`;
}

function addSignCommand(
  parent: Command,
  parts: {
    readonly kind: SignedKind;
    readonly services: CliServices;
    readonly done: (code: number) => void;
  },
): void {
  const { kind, services, done } = parts;
  withGlobalFlags(
    parent
      .command(kind === "compute" ? "sign-compute" : "sign")
      .description(
        `sign a file of ${kind === "compute" ? "the budget of computing" : kind} and put it into the data directory; terminal only`,
      )
      .argument("<file>")
      .option("--as <name>", "who signs (default: the operator whose key lies here)"),
  ).action(
    action(services, done, (context, file, options) => signDocument(context, { kind, file: String(file), options })),
  );
}

/** A second operator who signs the same content adds his signature; another content begins with his alone. */
async function signDocument(
  { session, output, services: { terminal } }: CommandContext,
  request: { readonly kind: SignedKind; readonly file: string; readonly options: unknown },
): Promise<void> {
  const { kind, file } = request;
  const { as } = parseOptions(asSchema, request.options);
  const { content, signatures } = contentOf(session.signedFiles, kind, file);
  await using link = await session.desk();
  const known = await deskOperators(link);
  const operator = chooseSigner(known, as, session);
  const text = JSON.stringify(content, null, 2).split("\n");
  const shown = [`The ${kind} that ${operator} is about to sign:`, ...text.map((line) => visibleText(line))].join("\n");
  const sign = await openSigner({ session, terminal }, { desk: known.desk, operator, kind, shown });
  const all = [...signatures, sign(content)];
  const place = session.signedFiles.place(kind, { [kind]: content, signatures: all });
  output.result(
    { file: place, signatures: all.map(({ operator: name, at }) => ({ operator: name, at })) },
    `Signed by ${[...new Set(all.map((one) => one.operator))].join(" and ")}; it counts from now on: ${place}`,
  );
}

function contentOf(
  files: CommandContext["session"]["signedFiles"],
  kind: SignedKind,
  file: string,
): { readonly content: unknown; readonly signatures: readonly DocumentSignature[] } {
  const parts = {
    policy: () => [files.read(file, plainPolicySchema), files.present(kind, policyFileSchema)],
    limits: () => [files.read(file, plainLimitsSchema), files.present(kind, limitsFileSchema)],
    compute: () => [files.read(file, plainComputeSchema), files.present(kind, computeFileSchema)],
  }[kind]();
  const [given, present] = parts.map((one) => {
    if (one === undefined) return undefined;
    if ("policy" in one) return { content: one.policy, signatures: one.signatures };
    return { content: "limits" in one ? one.limits : one.compute, signatures: one.signatures };
  });
  if (given === undefined) throw new Error("a file was read and nothing came of it");
  const same = present !== undefined && canonicalJson(present.content) === canonicalJson(given.content);
  return { content: given.content, signatures: same ? present.signatures : given.signatures };
}

function argumentsOf(json: string): unknown {
  try {
    return parseJson(json);
  } catch (error) {
    throw new RefusalError(
      {
        code: "USAGE",
        message: `the arguments are not JSON: ${error instanceof Error ? error.message : String(error)}`,
        remedy: `for example: quantwright policy explain stop_live_algorithm '{"projectId":7}'`,
      },
      { cause: error },
    );
  }
}
