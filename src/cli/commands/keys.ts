import type { Command } from "commander";
import { z } from "zod";
import { clientNameSchema } from "../../domain/client-key.ts";
import { isoTime } from "../../domain/clock.ts";
import { RefusalError } from "../../domain/refusal.ts";
import type { CliServices, CliSession } from "../cli-services.ts";
import { action, parseOptions, withGlobalFlags } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { table } from "../output.ts";

const addSchema = z.object({ toolset: z.enum(["desk", "research", "full"]) });

/** `keys add|list|remove`: who may reach the desk over HTTP. A key is shown once and kept as a hash. */
export function addKeyCommands(program: Command, services: CliServices, done: (code: number) => void): void {
  const keys = program.command("keys").description("keys of the clients that reach the desk over HTTP");
  withGlobalFlags(
    keys
      .command("add")
      .description("make a key for a client; it is shown once and kept as a hash")
      .argument("<name>", "of the client: its calls are recorded as user:<name>")
      .option("--toolset <set>", "the tools that the client sees: desk, research or full", "desk"),
  ).action(
    action(services, done, ({ session, output }, argument, options) => {
      const name = nameOf(argument);
      const key = session.clientKeys.add(name, parseOptions(addSchema, options).toolset);
      output.result(
        { name, key },
        `${key}\n\nThis is the key of ${name}. It is shown once: give it to the client as its bearer key\n(Authorization: Bearer …), or store it on the other machine with \`quantwright login desk URL\`.`,
      );
      return Promise.resolve();
    }),
  );
  withGlobalFlags(keys.command("list").description("list the clients that have a key")).action(
    action(services, done, ({ session, output }) => {
      const known = session.clientKeys.list().map(({ name, toolset, createdAt }) => ({ name, toolset, createdAt }));
      const rows = known.map(({ name, toolset, createdAt }) => [name, toolset, isoTime(createdAt)]);
      output.result(
        { keys: known },
        known.length === 0
          ? "No client has a key: nobody is served over HTTP. `quantwright keys add NAME` makes one."
          : table(["client", "tools", "since"], rows),
      );
      return Promise.resolve();
    }),
  );
  withGlobalFlags(keys.command("remove").description("end a client's key, and its sessions").argument("<name>")).action(
    action(services, done, async ({ session, output }, argument) => {
      const name = nameOf(argument);
      const removed = session.clientKeys.remove(name);
      if (removed) await endSessions(session);
      output.result({ name, removed }, removed ? `The key of ${name} counts no more.` : `${name} has no key.`);
      return removed ? EXIT.DONE : EXIT.FAILED;
    }),
  );
}

/** The next request of a removed key is refused anyway; what streams already is ended by the desk. */
async function endSessions(session: CliSession): Promise<void> {
  const desk = await session.runningDesk();
  if (desk === undefined) return;
  await using link = desk;
  await link.request("http.keys-changed");
}

function nameOf(argument: unknown): string {
  const parsed = clientNameSchema.safeParse(argument);
  if (parsed.success) return parsed.data;
  throw new RefusalError({
    code: "USAGE",
    message: parsed.error.issues[0]?.message ?? "a name was expected",
    remedy: "quantwright keys add laptop",
  });
}
