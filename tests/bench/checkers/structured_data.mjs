// Adobe's validator of structured data over pages: `node structured_data.mjs REQUEST.json`, which names node_modules,
// the pages, and schema.org's vocabulary (JSON-LD), if there is one. Writes what it says to the file `out`.
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { modules, pages, vocabulary, out } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const require = createRequire(`${modules}/`);
const load = async (name) => await import(pathToFileURL(require.resolve(name)).href);
const adobe = await load("@adobe/structured-data-validator");
const extractor = await load("@marbec/web-auto-extractor");
const Validator = adobe.Validator ?? adobe.default;
const Extractor = extractor.default?.default ?? extractor.default ?? extractor.WebAutoExtractor;
const schema = vocabulary ? JSON.parse(readFileSync(vocabulary, "utf8")) : undefined;
const said = [];
for (const page of pages) {
  const found = new Extractor({ addLocation: true, embedSource: [] }).parse(readFileSync(page, "utf8"));
  for (const each of await new Validator(schema).validate(found)) {
    said.push({
      page,
      message: each.issueMessage,
      severity: each.severity,
      types: (each.path ?? []).flatMap((step) => step.type ?? []),
      properties: (each.path ?? []).flatMap((step) => step.property ?? []),
      fields: (each.fieldNames ?? []).flat(),
    });
  }
}
writeFileSync(out, JSON.stringify(said));
