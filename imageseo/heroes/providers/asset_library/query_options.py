"""What a recipe may ask of the library, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from imageseo.model.errors import RecipeError
from imageseo.model.suggest import closest

ORIENTATIONS = ("any", "landscape", "portrait", "square")
_KEYS = ("query", "prompt", "tags", "picture", "orientation", "min_width", "share")
_PAGE = "page"  # the page's own words, which no author writes
_LONGEST = 1000  # characters of a query


def complete(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """As ``HeroProvider.complete``: all that a pick depends on. Without ``query``, ``prompt`` is searched for.

    The page's own words are the query where there is neither; of pictures with ``tags`` they say which comes first.
    """
    faults = [
        RecipeError(f"library knows no option {key!r}", hint=near(key, _KEYS))
        for key in options
        if key not in (*_KEYS, _PAGE)
    ]
    readers: dict[str, Callable[[Any], Any]] = {
        "query": lambda value: _text("query", value),
        "prompt": lambda value: _text("prompt", value),
        "tags": _tags,
        "picture": _picture,
        "orientation": _orientation,
        "min_width": _min_width,
        "share": _share,
    }
    found: dict[str, Any] = {"orientation": "any", "min_width": 0, "share": False}
    for key, read in readers.items():
        try:
            found |= {} if options.get(key) is None else {key: read(options[key])}
        except RecipeError as error:
            faults += error.faults
    if faults:
        raise RecipeError.together(faults)
    found = {key: value for key, value in found.items() if value not in ("", [])}
    if "picture" in found:
        return {"picture": found["picture"]}
    if "query" in found:  # then a prompt is for other providers
        found.pop("prompt", None)
    elif "prompt" not in found:
        said = _of_page(options.get(_PAGE))
        if said:
            found["near" if "tags" in found else "query"] = said
        elif "tags" not in found:
            hint = "write what to look for: `query: harbour at dawn`, or `tags`, or `picture`"
            raise RecipeError("library: there is no `query`, and the page has no title to look for", hint=hint)
    return found


def _of_page(page: Any) -> str:
    given = page if isinstance(page, Mapping) else {}
    parts = (given.get("title"), *given.get("tags", ()), given.get("summary"))
    words = " ".join(dict.fromkeys(" ".join(str(part).split()) for part in parts if part is not None))
    return words[:_LONGEST].strip()


def _text(key: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RecipeError(f"`{key}`: expected a text, found {value!r}")
    text = " ".join(str(value).split())
    if len(text) > _LONGEST:
        raise RecipeError(f"`{key}`: expected at most {_LONGEST} characters, found {len(text)}")
    return text


def _tags(value: Any) -> list[str]:
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list | tuple):
        raise RecipeError(f"`tags`: expected a list, found {value!r}")
    found = dict.fromkeys(text for each in listed if (text := _text("tags", each)))
    return sorted(found, key=lambda tag: (tag.casefold(), tag))


def _picture(value: Any) -> str:
    text = _text("picture", value).removeprefix("./")
    if text.startswith("/") or ".." in text.split("/") or "\\" in text:
        raise RecipeError(
            f"`picture`: {text!r} leads out of the library",
            hint="it is a path within the folder of `providers.library.folder`, as boats/harbour.jpg",
        )
    return text


def _orientation(value: Any) -> str:
    if value not in ORIENTATIONS:
        raise RecipeError(f"`orientation`: there is no {value!r}", hint=near(str(value), ORIENTATIONS))
    return str(value)


def _min_width(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100_000:
        raise RecipeError(f"`min_width`: expected whole px from 0 to 100000, found {value!r}")
    return value


def _share(value: Any) -> bool:
    if not isinstance(value, bool):
        raise RecipeError(f"`share`: expected true or false, found {value!r}")
    return value


def near(key: str, known: tuple[str, ...]) -> str:
    """What to say of a word that nobody knows."""
    close = closest(str(key), known)
    return f"did you mean {close!r}?" if close else f"known: {', '.join(known)}"
