"""Check the options of a recipe for the library provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from imageseo.model.errors import RecipeError
from imageseo.model.suggest import closest

ORIENTATIONS = ("any", "landscape", "portrait", "square")
_KEYS = ("query", "prompt", "tags", "picture", "orientation", "min_width", "share")
_PAGE = "page"  # texts of the page itself, never written by an author
_MAX_LENGTH = 1000  # maximum number of characters of a query


def complete(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Implement ``HeroProvider.complete``: return all options that the selection depends on.

    The query is ``query``, else ``prompt``, else the page's own texts; with ``tags`` but no query, those texts decide
    the order of the images.
    """
    faults = [
        RecipeError(f"library has no option {key!r}", hint=suggestion(key, _KEYS))
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
    if "query" in found:  # then `prompt` is meant for other providers
        found.pop("prompt", None)
    elif "prompt" not in found:
        page_query = _query_from_page(options.get(_PAGE))
        if page_query:
            found["near" if "tags" in found else "query"] = page_query
        elif "tags" not in found:
            hint = "add `query: harbour at dawn`, or `tags`, or `picture`"
            raise RecipeError("library: there is no `query`, and the page has no title to search for", hint=hint)
    return found


def _query_from_page(page: Any) -> str:
    fields = page if isinstance(page, Mapping) else {}
    parts = (fields.get("title"), *fields.get("tags", ()), fields.get("summary"))
    words = " ".join(dict.fromkeys(" ".join(str(part).split()) for part in parts if part is not None))
    return words[:_MAX_LENGTH].strip()


def _text(key: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RecipeError(f"`{key}`: expected text, found {value!r}")
    text = " ".join(str(value).split())
    if len(text) > _MAX_LENGTH:
        raise RecipeError(f"`{key}`: expected at most {_MAX_LENGTH} characters, found {len(text)}")
    return text


def _tags(value: Any) -> list[str]:
    tags = value.split(",") if isinstance(value, str) else value
    if not isinstance(tags, list | tuple):
        raise RecipeError(f"`tags`: expected a list, found {value!r}")
    found = dict.fromkeys(text for each in tags if (text := _text("tags", each)))
    return sorted(found, key=lambda tag: (tag.casefold(), tag))


def _picture(value: Any) -> str:
    text = _text("picture", value).removeprefix("./")
    if text.startswith("/") or ".." in text.split("/") or "\\" in text:
        raise RecipeError(
            f"`picture`: {text!r} is outside the library",
            hint="use a path within `providers.library.folder`, such as boats/harbour.jpg",
        )
    return text


def _orientation(value: Any) -> str:
    if value not in ORIENTATIONS:
        raise RecipeError(f"`orientation`: unknown value {value!r}", hint=suggestion(str(value), ORIENTATIONS))
    return str(value)


def _min_width(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100_000:
        raise RecipeError(f"`min_width`: expected a whole number of px from 0 to 100000, found {value!r}")
    return value


def _share(value: Any) -> bool:
    if not isinstance(value, bool):
        raise RecipeError(f"`share`: expected true or false, found {value!r}")
    return value


def suggestion(key: str, known: tuple[str, ...]) -> str:
    """Return a hint for an unknown name: the closest known one, or all of them."""
    close = closest(str(key), known)
    return f"did you mean {close!r}?" if close else f"known: {', '.join(known)}"
