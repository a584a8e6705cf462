"""Is the candidate that Chromium chooses within one step of the ideal one, at random viewports?

    python -m tests.bench.chosen SITE... [--pages 5] [--viewports 20] [--seed 5] [--least 1.0]

``SITE``: a folder built with ``imageseo.layout.json`` beside it. Each page is opened at so many viewports, 320 to 2,560
CSS px wide at 1x to 3x; every image of ours is scrolled to, and what was chosen for it is held against the candidate
that fits the width it is shown at: the smallest that is not smaller, at 2x at most, for denser screens show no more.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from imageseo.web.srcset.candidates import parse_srcset
from tests.support import browser

DENSITIES = (1.0, 1.25, 1.5, 1.75, 2.0, 2.625, 3.0)
LOOK = """async () => {
  const found = [];
  for (const image of document.querySelectorAll('picture[data-imageseo] img')) {
    if (!image.checkVisibility() || !image.getClientRects().length) continue;
    image.scrollIntoView({ block: 'center', behavior: 'instant' });
    const start = performance.now();
    while (!(image.complete && image.naturalWidth) && performance.now() - start < 4000)
      await new Promise(done => setTimeout(done, 20));
    const style = getComputedStyle(image);
    found.push({
      src: image.getAttribute('src'), current: decodeURI(image.currentSrc), shown: parseFloat(style.width),
      sources: [...image.parentElement.querySelectorAll('source')].map(each => each.srcset),
    });
  }
  return found;
}"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sites", nargs="+", type=Path)
    parser.add_argument("--pages", type=int, default=5)
    parser.add_argument("--viewports", type=int, default=20)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--least", type=float, default=1.0)
    options = parser.parse_args(arguments)
    chance = random.Random(options.seed)
    steps: Counter[int] = Counter()
    shared = 0
    with browser.chromium() as chromium:
        for root in options.sites:
            treated = [path for path in sorted(root.rglob("*.html")) if b"<picture data-imageseo>" in path.read_bytes()]
            pages = chance.sample(treated, min(options.pages, len(treated)))
            with browser.served(root) as url:
                for _ in range(options.viewports):
                    width, density = chance.randint(320, 2560), chance.choice(DENSITIES)
                    context = chromium.new_context(
                        viewport={"width": width, "height": 900}, device_scale_factor=density, locale="en-US"
                    )
                    context.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.abort())
                    for path in pages:
                        page = context.new_page()
                        page.goto(f"{url}{path.relative_to(root).as_posix()}", wait_until="load")
                        images = page.evaluate(LOOK)
                        files = Counter(image["current"] for image in images)
                        for image in images:
                            step = off(image, density)
                            if step is not None and step > 0 and files[image["current"]] > 1:
                                step = None  # Chromium takes what another image of the page has loaded already
                                shared += 1
                            if step is not None:
                                steps[step] += 1
                            if step is not None and abs(step) > 1:
                                where = f"{path.relative_to(root)} at {width} px, {density}x"
                                print(f"{where}: {image['src']} is {image['shown']:.0f} px, {step:+d}")
                        page.close()
                    context.close()
    count = sum(steps.values())
    near = sum(number for step, number in steps.items() if abs(step) <= 1)
    print(
        f"{count} choices: {dict(sorted(steps.items()))}; within one step {near / max(1, count):.2%}; "
        f"{shared} more shared a file with another image"
    )
    return 0 if count and near / count >= options.least else 1


def off(image: dict[str, Any], density: float) -> int | None:
    """Steps from the candidate that fits to the one that was chosen; None where the choice is no candidate of ours."""
    name = image["current"].rpartition("/")[2]
    for srcset in image["sources"]:
        widths = {each.url.rpartition("/")[2]: each.width or 0 for each in parse_srcset(srcset)}
        if name in widths:
            rungs = sorted(widths.values())
            need = image["shown"] * min(density, 2.0)
            fitting = next((index for index, rung in enumerate(rungs) if rung >= need), len(rungs) - 1)
            return rungs.index(widths[name]) - fitting
    return None


if __name__ == "__main__":
    sys.exit(main())
