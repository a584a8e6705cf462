// sharp, two ways. "defaults": the pipeline of its manual, every file decoded for each width and format, at the
// default effort. "effort0": what someone writes who cares for time: each width is shrunk once for both formats,
// AVIF at effort 0, a picture at a time per processor so that memory stays low.
// mode "reference": the same pictures without loss.
import os from "node:os";
import path from "node:path";
import { asked, load } from "./jobs.mjs";

const sharp = await load("sharp");
const target = (stem, width, format) => path.join(asked.out, `${stem}-${width}.${format}`);

async function plain({ file, stem, widths }) {
  await Promise.all(
    widths.flatMap((width) => [
      sharp(file).resize({ width }).avif().toFile(target(stem, width, "avif")),
      sharp(file).resize({ width }).webp().toFile(target(stem, width, "webp")),
    ]),
  );
}

async function tuned({ file, stem, widths }) {
  for (const width of widths) {
    const { data, info } = await sharp(file).resize({ width }).raw().toBuffer({ resolveWithObject: true });
    const raw = { width: info.width, height: info.height, channels: info.channels };
    await Promise.all([
      sharp(data, { raw }).avif({ effort: 0 }).toFile(target(stem, width, "avif")),
      sharp(data, { raw }).webp().toFile(target(stem, width, "webp")),
    ]);
  }
}

async function reference({ file, stem, widths }) {
  for (const width of widths) {
    await sharp(file).resize({ width }).png({ compressionLevel: 1 }).toFile(target(stem, width, "png"));
  }
}

const work = { defaults: plain, effort0: tuned, reference }[asked.mode];
const waiting = [...asked.jobs];
await Promise.all(
  Array.from({ length: os.availableParallelism() }, async () => {
    while (waiting.length) await work(waiting.shift());
  }),
);
