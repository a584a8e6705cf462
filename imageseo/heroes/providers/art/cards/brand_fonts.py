"""Fonts of the brand: files of the project, or packages that contain fonts, in the order in which they are tried."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from imageseo.heroes.providers.art.cards.faces import Face, brand_face, package_folder
from imageseo.heroes.providers.art.cards.typeface import Typeface
from imageseo.model import regular_file
from imageseo.model.errors import RecipeError

_SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")
_LARGEST = 20 * 1024 * 1024
_KEY = "`brand.fonts`"


@dataclass(frozen=True)
class FontFile:
    """A font of the brand. ``digest``: of its bytes; ``family``: files of one family are its weights."""

    path: Path
    digest: str
    family: str
    weight: int
    variable: bool


@dataclass(frozen=True)
class BrandFonts:
    """The fonts that a project names, read when the first card needs them."""

    names: tuple[str, ...] = ()
    project: Path = field(default_factory=Path)

    @property
    def digests(self) -> list[str]:
        """Return name and hash of each file: they decide the pixels of a card."""
        return [f"{font.path.name} {font.digest[:16]}" for font in self._files()]

    def typeface(self, weight: int, language: str = "", *, rtl: bool = False) -> Typeface:
        """Return the fonts of a weight: of each family the nearest file, then Manrope."""
        families: dict[str, list[FontFile]] = {}
        for font in self._files():
            families.setdefault(font.family, []).append(font)
        chosen = (min(files, key=lambda font: _distance(font, weight)) for files in families.values())
        faces = tuple(_face(str(font.path), weight) for font in chosen)
        return Typeface(weight, language, (*faces, brand_face(weight)), rtl=rtl)

    def _files(self) -> tuple[FontFile, ...]:
        return _read_all(self.names, self.project)


def _distance(font: FontFile, weight: int) -> tuple[int, int]:
    return (0, 0) if font.variable else (abs(font.weight - weight), font.weight)


@cache
def _read_all(names: tuple[str, ...], project: Path) -> tuple[FontFile, ...]:
    return tuple(font for name in names for font in _read(name, project))


@cache
def _face(path: str, weight: int) -> Face:
    return Face(path, 0, weight)


def _read(name: str, project: Path) -> Iterable[FontFile]:
    if Path(name).suffix.lower() in (*_SUFFIXES, ".woff", ".woff2"):
        yield _read_file(name, project / name)
        return
    folder = _package(name)
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES) if folder else []
    upright = [path for path in files if "italic" not in path.stem.lower() and "oblique" not in path.stem.lower()]
    if not upright:
        what = "a package without a font file" if folder else "no file of a font and no installed package"
        hint = f"install it (`pip install {name}`), or name a file such as fonts/Inter.ttf"
        raise RecipeError(f"{_KEY}: {name!r} is {what}", hint=hint)
    for path in upright:
        yield _read_file(f"{name}: {path.name}", path)


def _package(name: str) -> Path | None:
    module = name.replace("-", "_")
    folder = package_folder(module) if module.isidentifier() else None
    return Path(folder) if folder is not None else None


def _read_file(name: str, path: Path) -> FontFile:
    """Read and check a file. Raises RecipeError with its name."""
    import uharfbuzz

    if path.suffix.lower() in (".woff", ".woff2"):
        hint = "name the font's .ttf or .otf file"
        raise RecipeError(f"{_KEY}: {name} is a compressed font for browsers", hint=hint)
    try:
        if not path.is_file():
            hint = "write its path relative to the project folder"
            raise RecipeError(f"{_KEY}: {name} does not exist", hint=hint)
        size = path.stat().st_size
        if size > _LARGEST:
            hint = "keep only the characters that you need, as with `pyftsubset` of fonttools"
            raise RecipeError(f"{_KEY}: {name} has {size >> 20} MiB, at most {_LARGEST >> 20} are read", hint=hint)
        data = regular_file.read(path, limit=_LARGEST)
        face = Face(str(path))
    except OSError as error:
        raise RecipeError(f"{_KEY}: {name} cannot be read: {error.strerror or error}", hint="check the file") from error
    except RecipeError:
        raise
    except Exception as error:  # ValueError, or HarfBuzz' own
        raise RecipeError(f"{_KEY}: {name} cannot be used: {error}", hint="name a TrueType or OpenType font") from error
    names = uharfbuzz.OTNameIdPredefined
    source = uharfbuzz.Face(uharfbuzz.Blob(data))
    family = source.get_name(names.TYPOGRAPHIC_FAMILY) or source.get_name(names.FONT_FAMILY) or path.stem
    return FontFile(path, hashlib.sha256(data).hexdigest(), family, *face.style)
