// Eleventy Image as a site calls it: all images at once, its own queue and defaults.
// mode "reference": the same pictures without loss, by the same code, to judge its files against.
import { asked, load } from "./jobs.mjs";

const Image = await load("@11ty/eleventy-img");
const reference = asked.mode === "reference";

await Promise.all(
  asked.jobs.map(({ file, stem, widths }) =>
    Image(file, {
      widths,
      formats: reference ? ["png"] : ["avif", "webp"],
      outputDir: asked.out,
      filenameFormat: (id, source, width, format) => `${stem}-${width}.${format}`,
      ...(reference ? { sharpPngOptions: { compressionLevel: 1 } } : {}),
    }),
  ),
);
