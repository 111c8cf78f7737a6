#!/usr/bin/env node
"use strict";
const path = require("node:path");
const { FLOOR, run } = require("./node-runtime.cjs");

const halts = process.argv[2] === "halt";
if (halts) require("./halt-first.cjs").closeGate(process.argv.slice(3), process.env, process.platform);
// The kill switch is a program of its own, with as little in it as can be.
const main = path.join(__dirname, "..", "dist", halts ? "halt.js" : "main.js");
if (Number(process.versions.node.split(".")[0]) >= FLOOR) {
  import(require("node:url").pathToFileURL(main).href).catch((error) => {
    process.stderr.write("quantwright: " + (error && error.stack ? error.stack : String(error)) + "\n");
    process.exit(1);
  });
} else {
  run([main, ...process.argv.slice(2)]);
}
