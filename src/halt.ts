import { parseArgs } from "node:util";
import { runHalt } from "./app/halt/run-halt.ts";
import { readConfig } from "./config.ts";
import { RefusalError } from "./domain/refusal.ts";
import { haltText } from "./domain/halt-state.ts";
import { PROFILES } from "./domain/profile.ts";

// The kill switch, apart from the other commands: it must start where they do not.
const USAGE = `Usage: quantwright halt [--flatten] [--account DEPLOY_ID] [--reason TEXT] [--data-dir FOLDER] [--json]

Stops trading at once: the gate is closed, working orders are cancelled, only reductions are taken.
--flatten closes all positions too and stops algorithms once they are seen flat.
Needs no desk and no passphrase. An operator lets trading go on with \`quantwright rearm\`.
`;

/** Exit codes of every command: 0 done, 1 failed, 2 usage. */
async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      flatten: { type: "boolean", default: false },
      account: { type: "string" },
      reason: { type: "string", default: "asked for on the command line" },
      "data-dir": { type: "string" },
      profile: { type: "string" },
      json: { type: "boolean", default: false },
      quiet: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const json = values.json;
  const say = (value: unknown, text: string): void => {
    process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`);
  };
  const config = readConfig({
    environment: process.env,
    flags: { dataDir: values["data-dir"], profile: PROFILES.find((profile) => profile === values.profile) },
    cwd: process.cwd(),
    isTerminal: false,
  });
  const outcome = await runHalt(config, {
    flatten: values.flatten,
    account: values.account,
    reason: values.reason.slice(0, 500),
    onState: ({ deployId, state, milliseconds }) =>
      say({ deployId, state, milliseconds }, `${deployId}: ${haltText(state)} (${milliseconds} ms)`),
  });
  const text = outcome.confirmed
    ? `${outcome.accounts.length === 0 ? "Trading is halted. Nothing runs live." : "Trading is halted, and that is confirmed."} An operator lets it go on with \`quantwright rearm\`.`
    : "The gate is closed, but not everything could be confirmed: look at the accounts, and run it again.";
  say({ confirmed: outcome.confirmed, gate: outcome.gate, accounts: outcome.accounts, desk: outcome.desk }, text);
  return outcome.confirmed ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(process.argv[2] === "halt" ? 3 : 2));
} catch (error) {
  const refusal = error instanceof RefusalError ? error.refusal : undefined;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${refusal?.code ?? "USAGE"}: ${message}\n${refusal?.remedy ?? USAGE}\n`);
  process.exitCode = refusal === undefined ? 2 : 1;
}
for (const stream of [process.stdout, process.stderr])
  await new Promise<void>((resolve) => stream.write("", () => resolve()));
// A desk that does not answer must not keep it alive.
process.exit();
