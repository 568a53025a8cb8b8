// Builds the static site: node build.mjs FOLDER

import { cpSync, copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import esbuild from "esbuild";

const folder = process.argv[2];
if (!folder) {
  console.error("usage: node build.mjs FOLDER");
  process.exit(2);
}
const hydrogen = join("node_modules", "hydrogen-view-sdk");
const olm = join("node_modules", "@matrix-org", "olm");

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
cpSync(join(hydrogen, "asset-build", "assets"), join(folder, "assets"), { recursive: true });
copyFileSync(join(hydrogen, "lib-build", "sw.js"), join(folder, "sw.js"));
for (const name of ["olm.js", "olm.wasm", "olm_legacy.js"]) {
  copyFileSync(join(olm, name), join(folder, name));
}
copyFileSync("index.html", join(folder, "index.html"));
await esbuild.build({
  entryPoints: ["main.js"],
  bundle: true,
  format: "esm",
  platform: "browser",
  // Olm asks for these only where it runs outside a browser.
  external: ["fs", "path", "crypto"],
  outfile: join(folder, "bundle.js"),
  logLevel: "warning",
});
