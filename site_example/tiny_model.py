"""Make the images of the page on diffusion models, with diffusion pipelines of random weights and the real provider.

    python site_example/tiny_model.py

makes the model that the page's recipe uses (site_example/models/tiny-sd, a few megabytes, never committed) and
docs/images/tiny-models.png. It needs the extra `diffusers`. The site is built without the model and the extra, because
the page's hero is pinned.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw

HERE = Path(__file__).resolve().parent
MODEL = HERE / "models/tiny-sd"
SHEET = HERE / "docs/images/tiny-models.png"
PROMPT = "a harbour at dawn"
SIZE = (96, 64)
SCALE = 2
LABEL = 72  # width in px of the column with the names of the families
NAMES = {"sd": "SD 1.5", "sdxl": "SDXL", "sd3": "SD3", "flux": "Flux", "pixart": "PixArt"}
SEEDS = (1, 1, 2)


def main() -> None:
    sys.path.insert(0, str(HERE.parent))
    from tests.support import tiny_models

    with tempfile.TemporaryDirectory() as folder:
        for family in NAMES:
            tiny_models.save(family, Path(folder) / family)
        sheet = _sheet(Path(folder))
    sheet.save(SHEET, optimize=True)
    if not MODEL.is_dir():
        tiny_models.save("sd", MODEL)


def _sheet(folder: Path) -> Image.Image:
    """Return a contact sheet: one row per family, one image per seed."""
    from imageseo.heroes.providers.diffusers import PROVIDER
    from imageseo.model.hero import Recipe
    from imageseo.model.protocols import ProviderContext

    provider = PROVIDER.configure(ProviderContext(project=folder, cache=folder / ".cache"))
    width, height = (side * SCALE for side in SIZE)
    sheet = Image.new("RGB", (LABEL + len(SEEDS) * (width + 8), len(NAMES) * (height + 8) - 8), "white")
    draw = ImageDraw.Draw(sheet)
    for row, (family, name) in enumerate(NAMES.items()):
        options = provider.complete({"model": family, "prompt": PROMPT, "steps": 6})
        draw.text((0, row * (height + 8) + height // 2 - 8), name, fill="#12203a", font_size=16)
        for column, seed in enumerate(SEEDS):
            recipe = Recipe(provider="diffusers", seed=seed, width=SIZE[0], height=SIZE[1], options=options)
            (master,) = provider.produce([recipe])
            with Image.open(io.BytesIO(master.png)) as image:
                large = image.convert("RGB").resize((width, height), Image.Resampling.NEAREST)
            sheet.paste(large, (LABEL + column * (width + 8), row * (height + 8)))
    return sheet


if __name__ == "__main__":
    main()
