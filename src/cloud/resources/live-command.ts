import { z } from "zod";
import { endpoint, type Endpoints } from "../endpoint.ts";
import { absent, wholeNumber } from "../input-fields.ts";
import { businessError, reply } from "../reply.ts";
import { withRunning } from "./found-deployment.ts";

/** How long a call waits for what became of its command; the command itself goes on. */
const WAIT_MILLISECONDS = 2000;

// A form or a link carries an empty map as a list or a text; a command without fields is an empty command.
const command = z.union([
  z.record(z.string().max(200), z.unknown()),
  z
    .array(z.unknown())
    .max(0)
    .transform(() => ({})),
]);
const createSchema = z.object({ projectId: wholeNumber, command });
const broadcastSchema = z.object({ organizationId: z.string(), excludeProjectId: absent(wholeNumber), command });

export const liveCommandEndpoints: Endpoints = {
  "/live/commands/create": endpoint(createSchema, (input, context) =>
    withRunning(input.projectId, context, async ({ deployId }) => {
      const late = new Promise<undefined>((resolve) => {
        setTimeout(() => resolve(undefined), WAIT_MILLISECONDS).unref();
      });
      const sent = context.live.command(deployId, input.command).catch((error: unknown) => ({
        id: "",
        name: "",
        success: false,
        message: error instanceof Error ? error.message : String(error),
      }));
      // As on the real cloud success means accepted; what came of it is told beside.
      const result = await Promise.race([sent, late]);
      return reply({ quantwright: { result: result ?? null } });
    }),
  ),

  "/live/commands/broadcast": endpoint(broadcastSchema, (input, { account, live }) => {
    if (input.organizationId !== account.organizationId) {
      return businessError(`Organization not found: ${input.organizationId}`);
    }
    return reply({ quantwright: { recipients: live.broadcast(input.command, input.excludeProjectId) } });
  }),
};
