"""Reads page hints from the sources of Sphinx: field lists of reST, front matter of MyST, images that Sphinx copies."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

from imageseo.heroes.recipes.keys import FILE_KEYS
from imageseo.integrations.front_matter_file import SourceText, hints_of_source, read_source
from imageseo.model.errors import SettingsError
from imageseo.model.site import PageHints

IMAGES = "_images"
"""The folder of the built site that Sphinx copies images into, whatever their folder among the sources."""


def options_of(value: Any, name: str) -> Mapping[str, Any] | None:
    """Return the settings of conf.py. ``name``: of the file. Raises SettingsError if they are not a dict."""
    if value is not None and not isinstance(value, Mapping):
        found = "the module: rename the import" if isinstance(value, ModuleType) else repr(value)
        raise SettingsError((f"{name}: imageseo: expected a dict, found {found}",))
    return value


def page_file(name: str, root: Path | None, suffix: str = ".html") -> str:
    """Return the built file of a document. The builder `dirhtml` gives each page a folder.

    ``suffix``: the setting ``html_file_suffix``.
    """
    plain, own_folder = f"{name}{suffix}", f"{name}/index{suffix}"
    if name.rpartition("/")[2] == "index":
        return plain
    return own_folder if root is not None and not (root / plain).is_file() and (root / own_folder).is_file() else plain


def hints_of(
    path: Path,
    page: str,
    *,
    source: Path,
    project: Path,
    keys: Sequence[str],
    root: Path | None,
    publish: Callable[[Path], str] | None = None,
) -> PageHints:
    """Return the hints of a document. ``source``: the folder of the sources; ``root``: the built site, if known.

    ``publish``: copies an image of the sources into the built site, and returns its path there.
    """
    text = read_source(path)
    folder = posixpath.dirname(page)
    start = f"{folder}/" if folder else ""
    hints = hints_of_source(path, text, project=project, keys=keys, folder=start, reader="Sphinx")
    names = {key.lower() for key in keys}
    place = publish or (lambda file: _copied(file, root))

    def built(value: Any) -> Any:
        file = _image_of(value, path.parent, source)
        return f"/{place(file)}" if file is not None else value

    return replace(hints, meta=_with_images(_spelled(text, names), names, built))


def _spelled(text: SourceText, names: set[str]) -> dict[str, Any]:
    """Return the fields; field names have dashes by custom, so that `hero-alt` is `hero_alt`."""
    return {
        name.replace("-", "_") if any(name.lower().startswith(f"{key}-") for key in names) else name: value
        for name, value in text.meta.items()
    }


def _with_images(meta: Mapping[str, Any], names: set[str], built: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the fields, with the built file of each hero that is a file among the sources."""
    found = dict(meta)
    for name, value in meta.items():
        base, _, key = name.lower().partition("_")
        if name.lower() in names:
            if isinstance(value, Mapping):
                found[name] = {each: built(item) if each in FILE_KEYS else item for each, item in value.items()}
            else:
                found[name] = built(value)
        elif base in names and key in FILE_KEYS:
            found[name] = built(value)
    return found


def _image_of(value: Any, folder: Path, source: Path) -> Path | None:
    """Return the image file that a field names, as the directive `image` does: `/` is the folder of the sources."""
    if not isinstance(value, str) or not value.strip() or "://" in value or "\n" in value:
        return None
    text = value.strip()
    start = source if text.startswith("/") else folder
    try:
        file = (start / text.lstrip("/")).resolve()
        return file if file.is_relative_to(source.resolve()) and file.is_file() else None
    except (OSError, ValueError):
        return None


def _copied(file: Path, root: Path | None) -> str:
    """Return where Sphinx has copied an image to, if its name tells."""
    name = f"{IMAGES}/{file.name}"
    if root is None or (root / name).is_file() or not (root / "_static" / file.name).is_file():
        return name
    return f"_static/{file.name}"


def file_name(file: Path, data: bytes, taken: Callable[[str], bool]) -> str:
    """Return the name under which an image is published that no document shows."""
    return file.name if not taken(file.name) else f"{file.stem}-{sha256(data).hexdigest()[:8]}{file.suffix}"
