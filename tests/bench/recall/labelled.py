"""How often the library's search finds the pictures that fit a page title: recall@5 and the first picture.

``pictures.toml`` and ``queries.toml`` are the labels. Every second title is held back: nothing was tuned on it.
"""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.recall.former import FormerSearch

_HERE = Path(__file__).parent
_SCALE = 10  # pictures are drawn at a tenth of their size, and the hero is as much smaller
_HERO = (120, 63)
_SHOWN = 5


class Labelled(NamedTuple):
    """A page title, its language, and the pictures that fit it; none: nothing should be found."""

    title: str
    language: str
    pictures: frozenset[str]


def titles(*, held_back: bool) -> list[Labelled]:
    """Return the titles for tuning, or those that are held back."""
    table = tomllib.loads((_HERE / "queries.toml").read_text("utf-8"))["queries"]
    return [
        Labelled(title, language, frozenset(names.split()))
        for language, rows in table.items()
        for title, names in rows[int(held_back) :: 2]
    ]


def draw(library: Path) -> dict[str, tuple[str, str, str]]:
    """Write the library's pictures and sidecars; return path -> title, tags, alternative text."""
    from tests.support import pictures

    table = tomllib.loads((_HERE / "pictures.toml").read_text("utf-8"))["pictures"]
    for path, (width, height, title, tags, alt) in table.items():
        file = library / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pictures.save(pictures.flat("teal", size=(width // _SCALE, height // _SCALE)), "JPEG"))
        text = f'title = "{title}"\ntags = "{tags}"\nalt = "{alt}"\nlicense = "CC0-1.0"\n'
        file.with_name(f"{file.name}.toml").write_text(text, "utf-8")
    return {path: (title, tags, alt) for path, (_, _, title, tags, alt) in table.items()}


def measure() -> dict[str, Any]:
    """Return both rankings' figures for tuning and held-back titles, by language."""
    with tempfile.TemporaryDirectory(prefix="imageseo-bench-") as folder:
        entries = draw(Path(folder) / "library")
        with open_search(Path(folder)) as find:
            former = FormerSearch(entries)
            searches: dict[str, Callable[[Labelled], list[str]]] = {
                "before": lambda each: former.find(each.title),
                "after": find,
            }
            return {
                f"{part}_{name}_{language}": _figures([each for each in chosen if each.language == language], search)
                for part, chosen in (("tuned", titles(held_back=False)), ("held_back", titles(held_back=True)))
                for language in ("de", "en")
                for name, search in searches.items()
            }


@contextmanager
def open_search(folder: Path) -> Iterator[Callable[[Labelled], list[str]]]:
    """The library's search over an open index: title -> paths, best first."""
    from imageseo.heroes.providers.asset_library import locations, search_index
    from imageseo.heroes.providers.asset_library.selection import ImageSelector, Query

    with search_index.open_index(locations.Folder(folder / "library", "library"), folder / "cache") as index:
        selector = ImageSelector(index=index, allowed=(), find_other_page=lambda digest, key: None)

        def find(each: Labelled) -> list[str]:
            width, height = _HERO
            query = Query(request_key=("", ""), width=width, height=height, query=each.title, language=each.language)
            return [hit.path for hit in selector.matches(query)]

        yield find


def _figures(chosen: Sequence[Labelled], search: Callable[[Labelled], list[str]]) -> dict[str, Any]:
    found = {each: [Path(path).stem for path in search(each)[:_SHOWN]] for each in chosen}
    fitting = [each for each in chosen if each.pictures]
    recall = sum(len(each.pictures & set(found[each])) / len(each.pictures) for each in fitting) / len(fitting)
    first = sum(bool(found[each]) and found[each][0] in each.pictures for each in fitting) / len(fitting)
    wrong = sum(bool(found[each]) and found[each][0] not in each.pictures for each in chosen)
    return {"titles": len(chosen), "recall_at_5": round(recall, 3), "first": round(first, 3), "wrong_first": wrong}
