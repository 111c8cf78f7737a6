import { z } from "zod";
import { parseOptions, type CommandContext } from "../command.ts";

const fieldsSchema = z.object({
  field: z.array(z.string().regex(/^[a-z][a-z0-9-]*$/, "the name of a field, such as ib-password")).default([]),
});

/** Stores what a brokerage wants, field by field, for `credentialRef` in a deployment's settings. No model ever sees it. */
export async function loginBroker(
  { session, output, services: { terminal } }: CommandContext,
  given: unknown,
  options: unknown,
): Promise<void> {
  const name = typeof given === "string" ? given : "";
  const { field: asked } = parseOptions(fieldsSchema, options);
  if (asked.length === 0) {
    output.note("Fields are called as in create_live_algorithm, such as: ib-user-name ib-account ib-password");
  }
  const fields = asked.length > 0 ? asked : (await terminal.readLine("Fields: ")).trim().split(/[\s,]+/);
  const values = new Map<string, string>();
  for (const field of fields) values.set(field, (await terminal.readSecret(`${field}: `)).trim());
  const { vault, notice } = await session.storeBroker(name, values);
  if (notice !== undefined) output.note(`Note: ${notice}`);
  output.result(
    { stored: fields, vault, credentialRef: name },
    `Stored in the ${vault}. In brokerage settings write "credentialRef": "${name}" in place of these fields.`,
  );
}

/** Forgets what was stored for a brokerage. */
export async function logoutBroker({ session, output }: CommandContext, given: unknown): Promise<void> {
  const removed = await session.forgetBroker(typeof given === "string" ? given : "");
  output.result({ removed }, removed ? "It is gone from this machine." : "Nothing was stored under this name.");
}
