import type { Command } from "commander";
import { z } from "zod";
import type { CliServices } from "../cli-services.ts";
import { action, parseOptions, withGlobalFlags } from "../command.ts";

const relayOptions = z.object({
  url: z.url({ protocol: /^https?$/ }).optional(),
  http: z.coerce.number().int().min(0).max(65_535).optional(),
  host: z.string(),
  policy: z.string().optional(),
  allowAll: z.boolean().default(false),
  env: z.array(z.string().regex(/^[A-Za-z_]\w*$/, "the name of a variable was expected, without a value")).default([]),
  keyFile: z.string().optional(),
});

/** `relay`: the gateway in front of any one MCP server. */
export function addRelayCommand(program: Command, services: CliServices, done: (code: number) => void): void {
  const command = program
    .command("relay")
    .description("one MCP server behind the gateway, names and results unchanged; on standard streams or over HTTP")
    .argument("[command...]", "the server to start, after --")
    .option("--url <url>", "a server that speaks Streamable HTTP, instead of a command")
    .option("--http <port>", "serve over HTTP at /mcp on this port instead of standard streams; 0 takes a free one")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--key-file <file>", "file with the bearer key that HTTP clients must send")
    .option("--policy <file>", "what may be called")
    .option("--allow-all", "let every call pass: for servers that you trust")
    .option("--env <name...>", "variables of this environment that the command gets");
  withGlobalFlags(command).action(
    action(services, done, async ({ session, output, services: { terminal } }, words, options) => {
      const { url, http, host, policy, allowAll, env, keyFile } = parseOptions(relayOptions, options);
      await session.relay({
        command: z.array(z.string()).parse(words),
        url,
        http: http === undefined ? undefined : { port: http, host, keyFile },
        policy,
        allowAll,
        variables: env,
        onReady: (address) => output.result({ url: address }, `The relay answers at ${address}. Ctrl-C ends it.`),
        log: (line) => terminal.err(`${line}\n`),
      });
    }),
  );
}
