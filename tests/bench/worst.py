"""The files that came out worst, cut where they are worst: reference on the left, ours on the right, at 100 %."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

from tests.bench.figures import Entrant
from tests.bench.jobs import upright

SIZE = (400, 300)
BLOCK = 32


def crops(folder: Path, tool: Entrant, references: Path, count: int = 5) -> list[Path]:
    """Writes the ``count`` lowest scores as ``rank-score-name.png``."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    lowest = sorted(tool.scores, key=lambda name: (tool.scores[name], name))[:count]
    for rank, name in enumerate(lowest, 1):
        reference = upright(references / f"{name.rpartition('.')[0]}.png")
        ours = upright(tool.made[name]).convert(reference.mode)
        box = place(reference, ours)
        pair = Image.new("RGB", ((box[2] - box[0]) * 2 + 8, box[3] - box[1]), "white")
        pair.paste(reference.crop(box), (0, 0))
        pair.paste(ours.crop(box), (box[2] - box[0] + 8, 0))
        made.append(folder / f"{rank}-{tool.scores[name]:.1f}-{name}.png")
        pair.save(made[-1])
    return made


def place(reference: Image.Image, ours: Image.Image) -> tuple[int, int, int, int]:
    """The crop around the block that differs most: left, top, right, bottom."""
    error = ImageChops.difference(reference.convert("L"), ours.convert("L")).filter(ImageFilter.BoxBlur(BLOCK / 2))
    at = max(range(error.width * error.height), key=error.tobytes().__getitem__)
    width, height = min(SIZE[0], error.width), min(SIZE[1], error.height)
    left = min(max(0, at % error.width - width // 2), error.width - width)
    top = min(max(0, at // error.width - height // 2), error.height - height)
    return left, top, left + width, top + height
