"""Contact sheet of a page's candidates: HTML files with all thumbnails inside."""

from __future__ import annotations

import base64
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imageseo.heroes.candidates.candidates import HeroCandidate
from imageseo.model.hero import Recipe
from imageseo.storage.atomic import write_atomic

PER_SHEET = 100
_WIDTH, _HEIGHT = 360, 360
_MAX_SHOWN = 120  # characters of a value
_WORD = re.compile(r"[^\W\d_][\w-]*")
_NO_TEXTS = ("true", "false", "yes", "no", "on", "off", "y", "n", "null")
"""Words that YAML reads as another value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetEntry:
    """One candidate. ``read``: its image. ``notes``: of its provider. ``pinned``: whether the page shows it now."""

    candidate: HeroCandidate
    read: Callable[[], bytes | None]
    notes: tuple[str, ...] = ()
    pinned: bool = False


def write(
    folder: Path,
    page: str,
    entries: Sequence[SheetEntry],
    *,
    command: Callable[[int], str],
    failed: Iterable[tuple[Mapping[str, Any], str]] = (),
) -> Path:
    """Write the sheets of a page and return the first one; those of an earlier run are replaced.

    ``command``: number -> the command that picks the candidate. ``failed``: options and error. Raises OSError.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    template = Environment(
        loader=PackageLoader("imageseo.heroes", "candidates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    ).get_template("contact_sheet.html.jinja")
    count = max(1, math.ceil(len(entries) / PER_SHEET))
    names = [f"index{f'-{number + 1}' if number else ''}.html" for number in range(count)]
    for number, name in enumerate(names):
        shown = entries[number * PER_SHEET : (number + 1) * PER_SHEET]
        html = template.render(
            page=page,
            total=len(entries),
            candidates=[_describe(each, command) for each in shown],
            failed=[(_format(options), message) for options, message in failed] if number == count - 1 else [],
            sheets=names,
            current=name,
        )
        write_atomic(folder / name, html.encode("utf-8", "replace"))
    for path in folder.glob("index*.html"):
        if path.name not in names:
            path.unlink(missing_ok=True)
    return folder / names[0]


def _describe(entry: SheetEntry, command: Callable[[int], str]) -> dict[str, Any]:
    candidate = entry.candidate
    recipe = candidate.pin.recipe
    shown = dict(candidate.options) or {"seed": recipe.seed}
    thumbnail = _thumbnail(entry.read)
    return {
        "number": candidate.number,
        "hash": candidate.sha256[:8],
        "options": _format(shown),
        "recipe": _recipe_text(recipe),
        "size": f"{candidate.pin.width} × {candidate.pin.height}",
        "source": thumbnail,
        "notes": entry.notes,
        "pinned": entry.pinned,
        "command": command(candidate.number),
    }


def _format(options: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(key, format_option(value)[:_MAX_SHOWN]) for key, value in options.items()]


def format_option(value: Any) -> str:
    """Return a value as an author writes it in YAML and TOML; text without quotes where YAML allows it."""
    plain = isinstance(value, str) and _WORD.fullmatch(value) and value.lower() not in _NO_TEXTS
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def _recipe_text(recipe: Recipe) -> str:
    return json.dumps(json.loads(recipe.canonical), indent=1, ensure_ascii=False)


def _thumbnail(read: Callable[[], bytes | None]) -> str:
    """Return a small image as a data URL; "" if the image is missing or cannot be shown."""
    from PIL import Image

    try:
        data = read()
        if data is None:
            return ""
        with Image.open(io.BytesIO(data)) as image:
            small = image.convert("RGBA" if "A" in image.getbands() else "RGB")
        small.thumbnail((_WIDTH, _HEIGHT), Image.Resampling.BOX, reducing_gap=2.0)
        stream = io.BytesIO()
        small.save(stream, "WEBP", quality=80, method=2)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return ""
    return "data:image/webp;base64," + base64.b64encode(stream.getvalue()).decode()
