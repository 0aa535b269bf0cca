#!/usr/bin/env node
// Starts the program for this machine. npm installs the one package of
// optionalDependencies that fits, so no install script is needed.
"use strict";
const { spawn } = require("node:child_process");
const { constants } = require("node:os");

const name = `@hone-web/hone-${process.platform}-${process.arch}`;
let program;
try {
  program = require.resolve(`${name}/bin/hone${process.platform === "win32" ? ".exe" : ""}`);
} catch {
  console.error(`hone: the package ${name} is not installed. Either there is no hone for this machine, or npm ran with --omit=optional; install again without it.`);
  process.exit(2);
}
const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
// Ctrl-C reaches the program by itself; this process waits for its end.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("error", (e) => {
  console.error(`hone: ${e.message}`);
  process.exit(3);
});
child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] || 1)));
