"""The photograph of a duotone: its file in the project, and what is known of its origin."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from imageseo.images.decoding.probe import probe_bytes
from imageseo.model import git_lfs, regular_file
from imageseo.model.errors import RecipeError
from imageseo.model.image import BadAsset, Rights

_MAX_PIXELS = 120_000_000
_HINT = "name a JPEG, PNG, WebP or AVIF file, relative to the project folder"
_ENHANCED = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"
_CAPTURES = ("digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm", "print")


def find_photo(project: Path, name: str, folder: str = "") -> str:
    """Return a file's path relative to the project: ``name`` is relative to it, or to ``folder``, its page's source.

    Raises RecipeError for a file that does not exist or is outside the project.
    """
    clean = name.strip().replace("\\", "/").lstrip("/")
    top = project.resolve()
    for start in dict.fromkeys(("", folder)):
        path = PurePosixPath(start, clean)
        try:
            full = (project / path).resolve()
            if full.is_relative_to(top) and full.is_file():
                return full.relative_to(top).as_posix()
        except (OSError, ValueError):  # a name that no file can have
            break
    raise RecipeError(f"`image`: {name} is no file of the project", hint=_HINT)


def read_photo(project: Path, name: str) -> bytes:
    """Return the bytes of a file. Raises RecipeError if it cannot be read."""
    path = project / name
    try:
        if git_lfs.is_pointer_file(path):
            raise RecipeError(f"`image`: {git_lfs.describe(path)}", hint=git_lfs.PULL)
        return regular_file.read(path)
    except (OSError, ValueError) as error:
        raise RecipeError(f"`image`: {name} cannot be read: {error}", hint=_HINT) from error


def check_photo(data: bytes, name: str) -> None:
    """Raise RecipeError for what is no image with pixels."""
    found = probe_bytes(data, name, max_pixels=_MAX_PIXELS)
    if isinstance(found, BadAsset):
        raise RecipeError(f"`image`: {found.problem}", hint=_HINT)
    if found.format in ("svg", "gif"):
        raise RecipeError(f"`image`: {name} is no photograph but {found.format.upper()}", hint=_HINT)


def photo_origin(data: bytes, name: str) -> tuple[str, Rights]:
    """Return the digital source type of a duotone of this file, ``""`` if it is unknown, and the file's rights.

    What a model has made stays that; a photograph becomes one that was changed by a program.
    """
    found = probe_bytes(data, name, max_pixels=_MAX_PIXELS)
    if isinstance(found, BadAsset):
        return "", Rights()
    written = found.rights.digital_source_type or ""
    if written.rpartition("/")[2] in _CAPTURES:
        written = _ENHANCED
    return written, found.rights
