import type { Command } from "commander";
import { RefusalError } from "../../domain/refusal.ts";
import { checkText } from "../check-text.ts";
import type { CliServices } from "../cli-services.ts";
import { action, withGlobalFlags, type CommandContext } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { loginBroker, logoutBroker } from "./login-broker.ts";

const LOGINS = ["quantconnect", "upstream", "broker", "desk"];
const LOGOUTS = ["quantconnect", "broker"];

/** Refuses what is none of the accounts that a command knows. */
function knownAccount(name: unknown, command: "login" | "logout"): void {
  const known = command === "login" ? LOGINS : LOGOUTS;
  if (known.includes(String(name))) return;
  throw new RefusalError({
    code: "USAGE",
    message: `one of ${known.join(", ")} was expected, "${String(name)}" came`,
    remedy: `for example: quantwright ${command} quantconnect`,
  });
}

/** `login`, `logout` and `credentials`: secrets are read from a prompt or standard input, never from arguments. */
export function addAccountCommands(program: Command, services: CliServices, done: (code: number) => void): void {
  withGlobalFlags(
    program
      .command("login")
      .description("store credentials in the OS keychain")
      .argument("<account>", "quantconnect, upstream, broker, or desk")
      .argument("[name]", "of the upstream or the broker, or the address of the desk")
      .option("--field <name...>", "of a broker: what to ask for"),
  ).action(
    action(services, done, async (context, account, name, options) => {
      knownAccount(account, "login");
      if (account === "upstream") return loginUpstream(context, name);
      if (account === "broker") return loginBroker(context, name, options);
      if (account === "desk") return loginDesk(context, name);
      const {
        session,
        output,
        services: { terminal },
      } = context;
      output.note(
        "User id and API token are on quantconnect.com: Account, API access. What you type as token is not shown.",
      );
      const userId = (await terminal.readLine("QuantConnect user id: ")).trim();
      const token = (await terminal.readSecret("QuantConnect API token: ")).trim();
      const { vault, notice } = await session.login({ userId, token });
      const restartDesk = await deskRuns(session);
      const looked = await session.accountChecks();
      if (notice !== undefined) output.note(`Note: ${notice}`);
      const accepted = looked.every(({ state }) => state !== "failed");
      const restart = restartDesk ? "; restart the desk (quantwright down) to use it at once" : "";
      const next = accepted ? `Use it with --profile quantconnect${restart}` : "Log in again with what is right";
      output.result(
        { stored: true, accepted, vault, notice: notice ?? null, restartDesk, account: looked },
        `${looked.map((check) => `${checkText(check, output)}\n`).join("")}Stored in the ${vault}. ${next}.`,
      );
      return accepted ? EXIT.DONE : EXIT.FAILED;
    }),
  );
  withGlobalFlags(
    program
      .command("logout")
      .description("forget stored credentials")
      .argument("<account>", "quantconnect, or broker")
      .argument("[name]", "of the broker"),
  ).action(
    action(services, done, async (context, account, name) => {
      knownAccount(account, "logout");
      if (account === "broker") return logoutBroker(context, name);
      const { session, output } = context;
      const removed = await session.logout();
      output.result(
        { removed },
        removed
          ? "The credentials are gone from this machine. Revoke the token on quantconnect.com if it was shared."
          : "No credentials were stored.",
      );
    }),
  );
  withGlobalFlags(
    program.command("credentials").description("which credentials are stored, and where; never their values"),
  ).action(
    action(services, done, async ({ session, output }) => {
      const known = await session.credentials();
      const text =
        known.account === null
          ? "No QuantConnect credentials are known."
          : `QuantConnect user ${known.account}, from the ${known.from ?? "?"}.`;
      output.result(
        { ...known, notice: known.notice ?? null },
        `${text}\nSecrets are kept in: ${known.vault}${known.notice === undefined ? "" : ` (${known.notice})`}`,
      );
    }),
  );
}

/** Keeps the key of a desk on another machine, for `serve --url`. */
async function loginDesk({ session, output, services: { terminal } }: CommandContext, given: unknown): Promise<void> {
  const url = typeof given === "string" ? given : "";
  const { vault, notice } = await session.loginRemoteDesk(url, await terminal.readSecret(`Key for ${url}: `));
  if (notice !== undefined) output.note(`Note: ${notice}`);
  output.result({ stored: true, vault, notice: notice ?? null }, `Stored in the ${vault}. Use it with serve --url.`);
}

/** Asks for what an upstream needs to let us in. The desk uses it at once. */
async function loginUpstream(
  { session, output, services: { terminal } }: CommandContext,
  given: unknown,
): Promise<void> {
  const name = typeof given === "string" ? given : "";
  const stored = await session.upstreams.login(name, {
    ask: (what) => terminal.readSecret(`${what} for ${name}: `),
    open: (url) => {
      if (output.json) terminal.err(`${JSON.stringify({ open: url })}\n`);
      else terminal.err(`Open this address in a browser on this machine:\n${url}\n`);
    },
  });
  await using desk = await session.runningDesk();
  await desk?.request("upstream.reload");
  await desk?.request("upstream.restart", { name });
  output.result({ stored }, stored.length === 0 ? `${name} needs no secrets.` : `Stored: ${stored.join(", ")}.`);
}

/** Whether a desk runs: it read its credentials when it started. */
async function deskRuns(session: { runningDesk(): Promise<AsyncDisposable | undefined> }): Promise<boolean> {
  const desk = await session.runningDesk();
  await desk?.[Symbol.asyncDispose]();
  return desk !== undefined;
}
