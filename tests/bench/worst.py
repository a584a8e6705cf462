"""The files that came out worst, cut where they are worst: reference on the left, ours on the right, at 100 %."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

from tests.bench.figures import Entrant
from tests.bench.jobs import upright

SIZE = (400, 300)
BLOCK = 32
GAP = 8
GROUNDS = ("white", "#14181e")


def crops(folder: Path, tool: Entrant, references: Path, count: int = 5) -> list[Path]:
    """Writes the ``count`` lowest scores as ``rank-score-name.png``."""
    judged = {
        name: (score, references / f"{name.rpartition('.')[0]}.png", tool.made[name])
        for name, score in tool.scores.items()
    }
    return write(folder, judged, count)


def write(folder: Path, judged: Mapping[str, tuple[float, Path, Path]], count: int = 5, prefix: str = "") -> list[Path]:
    """The same of any pictures. ``judged``: score, reference and file by name.

    What is see-through is shown twice, on white and on a dark ground.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for rank, name in enumerate(sorted(judged, key=lambda name: (judged[name][0], name))[:count], 1):
        score, *paths = judged[name]
        reference, ours = (upright(path) for path in paths)
        grounds = GROUNDS if "A" in reference.mode + ours.mode else GROUNDS[:1]
        rows = [[_on(image, ground) for image in (reference, ours)] for ground in grounds]
        box = place(*rows[0])
        width, height = box[2] - box[0], box[3] - box[1]
        sheet = Image.new("RGB", (width * 2 + GAP, (height + GAP) * len(rows) - GAP), "white")
        for row, images in enumerate(rows):
            for column, image in enumerate(images):
                sheet.paste(image.crop(box), (column * (width + GAP), row * (height + GAP)))
        made.append(folder / f"{prefix}{rank}-{score:.1f}-{name}.png")
        sheet.save(made[-1])
    return made


def _on(image: Image.Image, ground: str) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    return Image.alpha_composite(Image.new("RGBA", image.size, ground), image).convert("RGB")


def place(reference: Image.Image, ours: Image.Image) -> tuple[int, int, int, int]:
    """The crop around the block that differs most: left, top, right, bottom."""
    error = ImageChops.difference(reference.convert("L"), ours.convert("L")).filter(ImageFilter.BoxBlur(BLOCK / 2))
    at = max(range(error.width * error.height), key=error.tobytes().__getitem__)
    width, height = min(SIZE[0], error.width), min(SIZE[1], error.height)
    left = min(max(0, at % error.width - width // 2), error.width - width)
    top = min(max(0, at // error.width - height // 2), error.height - height)
    return left, top, left + width, top + height
