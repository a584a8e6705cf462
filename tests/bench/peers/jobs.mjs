// What every driver is told: {modules, out, jobs: [{file, stem, widths}], mode}, as JSON in the file named first.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

export const asked = JSON.parse(readFileSync(process.argv[2], "utf-8"));

const require = createRequire(path.join(asked.modules, "anchor.js"));

/** A package of the folder that was given, whichever way it is written. */
export async function load(name) {
  const module = await import(pathToFileURL(require.resolve(name)));
  return module.default ?? module;
}

/** The version of an installed package. */
export function version(name) {
  return JSON.parse(readFileSync(path.join(asked.modules, name, "package.json"), "utf-8")).version;
}
