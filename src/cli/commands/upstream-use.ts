import type { Command } from "commander";
import { z } from "zod";
import { QUANTCONNECT_KINDS, type ChosenServer } from "../../domain/upstream-entry.ts";
import { RefusalError } from "../../domain/refusal.ts";
import { agree } from "../agree.ts";
import type { CliServices } from "../cli-services.ts";
import { action, parseOptions, withGlobalFlags } from "../command.ts";
import { serverText } from "../upstream-view.ts";

const VENDORED = "vendored";
const kindSchema = z.enum([VENDORED, ...QUANTCONNECT_KINDS]);
const useOptions = z.object({
  folder: z.string().optional(),
  url: z.string().optional(),
  yes: z.boolean().default(false),
});

/** `upstream use`: which QuantConnect server stands behind the desk's own tools. */
export function addUseCommand(upstream: Command, services: CliServices, done: (code: number) => void): void {
  const command = upstream
    .command("use")
    .description("choose the QuantConnect server behind the desk's tools, on profile quantconnect")
    .argument("<kind>", [VENDORED, ...QUANTCONNECT_KINDS].join(", "))
    .option("--folder <folder>", "of the checkout")
    .option("--url <url>", "of a hosted server, or of the Local Platform")
    .option("--yes", "without a question, for scripts");
  withGlobalFlags(command).action(
    action(services, done, async ({ session, output, services: { terminal } }, name, options) => {
      const { folder, url, yes } = parseOptions(useOptions, options);
      const kind = parseKind(name);
      if (session.profile === "local") throw localProfile();
      const chosen: ChosenServer | undefined =
        kind === VENDORED ? undefined : { kind, entry: session.upstreams.ofKind({ kind, folder, url }) };
      if (!yes) {
        terminal.err(`${chosen === undefined ? "The vendored server would be used." : serverText(chosen.entry)}\n`);
        await agree(terminal, `Use it behind the desk's own tools? Type its kind (${kind}): `, kind);
      }
      await session.upstreams.use(chosen);
      await using desk = await session.runningDesk();
      const entry = chosen?.entry;
      const needsLogin =
        entry !== undefined && entry.transport !== "stdio" && (entry.oauth || entry.headers.length > 0);
      const login = needsLogin ? " It still needs: quantwright login upstream quantconnect." : "";
      const when = desk === undefined ? "" : " The desk that runs keeps its server: quantwright down.";
      output.result(
        { chosen: kind, needsLogin, needsRestart: desk !== undefined },
        `${kind} is used when the desk starts.${login}${when}`,
      );
    }),
  );
}

function parseKind(name: unknown): z.output<typeof kindSchema> {
  const parsed = kindSchema.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new RefusalError({
    code: "USAGE",
    message: `one of ${kindSchema.options.join(", ")} was expected`,
    remedy: "for example: quantwright upstream use docker --profile quantconnect",
  });
}

function localProfile(): RefusalError {
  return new RefusalError({
    code: "PROFILE_NOT_QUANTCONNECT",
    message: "the server is chosen for profile quantconnect, and this is profile local, which has the vendored one",
    remedy: "add --profile quantconnect",
  });
}
