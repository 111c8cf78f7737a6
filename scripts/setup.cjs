"use strict";
// Everything a fresh clone needs before its first command: dependencies, then the build. Node's built-ins only.
const { createHash } = require("node:crypto");
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const stamp = path.join(root, "node_modules", ".quantwright-setup");
const lock = createHash("sha256")
  .update(fs.readFileSync(path.join(root, "package-lock.json")))
  .digest("hex");

function step(command, args, what) {
  const result = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
  if (result.status === 0) return;
  process.stderr.write(
    "setup: " +
      what +
      " failed (" +
      command +
      " " +
      args.join(" ") +
      ")" +
      (result.error ? ": " + result.error.message : "") +
      "\n",
  );
  process.exit(result.status || 1);
}

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write("setup: needs Node 20.19 or newer to install; this is " + process.versions.node + "\n");
  process.exit(1);
}
if (!fs.existsSync(stamp) || fs.readFileSync(stamp, "utf8") !== lock) {
  process.stderr.write("setup: installing dependencies (npm ci) …\n");
  step(
    "npm",
    ["ci", "--include=optional", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"],
    "the installation of dependencies",
  );
  fs.writeFileSync(stamp, lock);
  process.stderr.write("setup: building …\n");
}
step(
  process.execPath,
  [path.join(root, "bin", "node-runtime.cjs"), path.join(root, "node_modules", "typescript", "bin", "tsc"), "-b"],
  "the build",
);
