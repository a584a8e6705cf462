"""What every tool is asked for: each photograph at each width that it has, as AVIF and WebP."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps

WIDTHS = (320, 640, 960, 1280, 1920, 2560)
FORMATS = ("avif", "webp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One picture. ``width``/``height``: px as it is displayed. ``widths``: none above its own."""

    file: Path
    width: int
    height: int
    widths: tuple[int, ...]

    @property
    def stem(self) -> str:
        return self.file.stem

    def height_at(self, width: int) -> int:
        return max(1, round(width * self.height / self.width))


def jobs(files: Sequence[Path], widths: Sequence[int] = WIDTHS) -> list[Job]:
    """Never upscaled; a picture narrower than all widths is asked for at its own."""
    asked = []
    for file in files:
        with Image.open(file) as image:
            turned = image.getexif().get(0x0112, 1) >= 5
            width, height = image.size[::-1] if turned else image.size
        fitting = tuple(each for each in widths if each <= width) or (width,)
        asked.append(Job(file=file, width=width, height=height, widths=fitting))
    return asked


def names(asked: Sequence[Job]) -> Iterator[tuple[str, str]]:
    """``stem-width`` and format of every file to be made."""
    for job in asked:
        for width in job.widths:
            for format in FORMATS:
                yield f"{job.stem}-{width}", format


def pixels(asked: Sequence[Job]) -> dict[str, int]:
    """``stem-width`` -> how many pixels it has."""
    return {f"{job.stem}-{width}": width * job.height_at(width) for job in asked for width in job.widths}


def write(path: Path, asked: Sequence[Job], **more: Any) -> Path:
    """The request as the drivers read it."""
    told = [{"file": str(job.file), "stem": job.stem, "widths": job.widths} for job in asked]
    path.write_text(json.dumps({"jobs": told, **{name: str(value) for name, value in more.items()}}), encoding="utf-8")
    return path


def upright(path: Path) -> Image.Image:
    """Any picture as a browser shows it: turned as EXIF says, sRGB, RGB or RGBA. By Pillow alone, none of our code."""
    with Image.open(path) as opened:
        profile = opened.info.get("icc_profile")
        image = ImageOps.exif_transpose(opened)
    image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if not profile:
        return image
    srgb = ImageCms.createProfile("sRGB")
    shown = ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), srgb)
    assert shown is not None
    return shown
