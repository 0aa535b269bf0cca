// Makes the npm packages of a release: the wrapper and one package for each
// system, all of one version.
//   node scripts/npm.mjs VERSION BINARIES OUT
// BINARIES holds hone_OS_ARCH or hone_OS_ARCH.exe, named as Go names systems.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const [version, binaries, out] = process.argv.slice(2);
if (!out || !/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version)) {
  console.error("usage: node scripts/npm.mjs VERSION BINARIES OUT");
  process.exit(2);
}
const wrapper = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "npm", "hone");
const pkg = JSON.parse(fs.readFileSync(path.join(wrapper, "package.json"), "utf8"));
pkg.version = version;
const systems = { linux: "linux", darwin: "darwin", win32: "windows" };
const machines = { x64: "amd64", arm64: "arm64" };
for (const name of Object.keys(pkg.optionalDependencies)) {
  pkg.optionalDependencies[name] = version;
  const [os, cpu] = name.split("-").slice(-2);
  const exe = os === "win32" ? ".exe" : "";
  const dir = path.join(out, name.replace("@hone-web/", ""));
  fs.mkdirSync(path.join(dir, "bin"), { recursive: true });
  fs.copyFileSync(path.join(binaries, `hone_${systems[os]}_${machines[cpu]}${exe}`), path.join(dir, "bin", "hone" + exe));
  fs.chmodSync(path.join(dir, "bin", "hone" + exe), 0o755);
  const { description, license, repository } = pkg;
  fs.writeFileSync(path.join(dir, "package.json"), JSON.stringify({ name, version, description: `${description} (${os}, ${cpu})`, license, repository, os: [os], cpu: [cpu], files: ["bin"], preferUnplugged: true }, null, 2) + "\n");
}
fs.cpSync(wrapper, path.join(out, "hone"), { recursive: true });
fs.writeFileSync(path.join(out, "hone", "package.json"), JSON.stringify(pkg, null, 2) + "\n");
