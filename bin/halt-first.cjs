"use strict";
// Closes the gate before anything else is loaded: `quantwright halt` must not wait for a program to start.
// CommonJS and Node's own modules only, like the launcher.
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

/** The data directory of a command line, as src/config.ts finds it. */
function dataDirOf(args, environment, platform) {
  const flag = flagOf(args);
  if (flag !== undefined) return path.resolve(flag);
  const home = environment.QUANTWRIGHT_HOME;
  if (home !== undefined) return path.resolve(home);
  if (platform === "darwin") return path.join(os.homedir(), "Library", "Application Support", "Quantwright");
  if (platform === "win32")
    return path.join(environment.LOCALAPPDATA || path.join(os.homedir(), "AppData", "Local"), "Quantwright");
  const data = environment.XDG_DATA_HOME;
  const base = data !== undefined && path.isAbsolute(data) ? data : path.join(os.homedir(), ".local", "share");
  return path.join(base, "quantwright");
}

function flagOf(args) {
  const at = args.findIndex((arg) => arg === "--data-dir");
  if (at >= 0) return args[at + 1];
  const joined = args.find((arg) => arg.startsWith("--data-dir="));
  return joined === undefined ? undefined : joined.slice("--data-dir=".length);
}

/** Writes the file HALT, which every desk of the directory looks at before each call that trades. */
function closeGate(args, environment, platform) {
  if (args.includes("--help") || args.includes("-h") || args.some((arg) => arg.startsWith("--account"))) return;
  const folder = dataDirOf(args, environment, platform);
  try {
    if (fs.existsSync(folder)) fs.closeSync(fs.openSync(path.join(folder, "HALT"), "a", 0o600));
  } catch {
    // The program that is loaded next tries again and says why it cannot.
  }
}

module.exports = { dataDirOf, closeGate };
