import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { discoverServers } from "../../src/app/discover-servers.ts";
import { knownClients } from "../../src/app/install-client.ts";

const KEY = "planted-key-0123456789abcdef0123456789abcdef";

describe("servers of other clients", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "quantwright-discover-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const write = (client: string, text: string): void => {
    const { file } = knownClients(folder, folder)[client] ?? { file: join(folder, client) };
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  const discovered = () => discoverServers({ home: folder, cwd: folder });

  it("are found in every client's own file, without ours", () => {
    const server = { command: "npx", args: ["-y", "some-server"] };
    write(
      "claude-desktop",
      JSON.stringify({
        mcpServers: { files: server, quantwright: { command: "node", args: ["/x/bin/quantwright.cjs", "serve"] } },
      }),
    );
    write("claude-code", JSON.stringify({ mcpServers: { code: { type: "http", url: "https://example.com/mcp" } } }));
    write("cursor", JSON.stringify({ mcpServers: { cursor: server } }));
    write("vscode", JSON.stringify({ servers: { visual: server } }));
    write(".claude.json", JSON.stringify({ mcpServers: { global: server } }));
    expect(discovered().map(({ client, name, how }) => [client, name, how])).toEqual([
      ["claude-desktop", "files", "npx -y some-server"],
      ["claude-code", "code", "https://example.com/mcp"],
      ["cursor", "cursor", "npx -y some-server"],
      ["vscode", "visual", "npx -y some-server"],
      ["claude-code (all projects)", "global", "npx -y some-server"],
    ]);
  });

  it("show no secret that stands in their variables, headers, arguments or address", () => {
    const [local, far] = [
      { command: "x", args: ["--api-key", KEY, `--token=${KEY}`, KEY], env: { API_KEY: KEY } },
      { url: `https://user:${KEY}@example.com/${KEY}/mcp?key=${KEY}`, headers: { Authorization: `Bearer ${KEY}` } },
    ];
    write("cursor", JSON.stringify({ mcpServers: { local, far } }));
    expect(JSON.stringify(discovered())).not.toContain(KEY);
    expect(discovered().map(({ how, secrets }) => [how, secrets])).toEqual([
      ["x --api-key ••• --token=••• •••", ["API_KEY"]],
      ["https://example.com/•••/mcp?•••", ["Authorization"]],
    ]);
  });

  it.each([["{"], ["[]"], ['{"mcpServers":5}'], ['{"mcpServers":{"a":5,"b":{"command":7}}}']])(
    "are none in %s",
    (text) => {
      write("cursor", text);
      expect(discovered()).toEqual([]);
    },
  );
});
