"""Read and write ``imageseo.layout.json``, the measurements of a site, in a format with readable diffs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from imageseo.model import git_lfs, regular_file
from imageseo.model.errors import LayoutError
from imageseo.model.layout import Lcp, LcpKind, PageLayout, ShownImage, SiteLayout, Template
from imageseo.storage.atomic import write_if_changed

NAME = "imageseo.layout.json"
VERSION = 1
_MEASURE = "measure the site again: `imageseo measure DIR`"


class _ImageEntry(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    src: str
    widths: tuple[float, ...]
    tops: dict[str, float] = {}
    nth: int = 0
    box: str = ""


class _LcpEntry(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    kind: LcpKind
    src: str | None = None
    nth: int = 0
    chosen: str | None = None
    width: float = 0.0
    height: float = 0.0
    natural: tuple[int, int] | None = None
    bytes: int | None = None
    fade_ms: float = 0.0


class _PageEntry(msgspec.Struct, forbid_unknown_fields=True):
    template: str
    lcp: dict[str, _LcpEntry] = {}
    cls: dict[str, float] = {}
    images: list[_ImageEntry] = []


class _TemplateEntry(msgspec.Struct, forbid_unknown_fields=True):
    pages: int
    column: tuple[float, ...]


class _LayoutFile(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    widths: tuple[int, ...]
    templates: dict[str, _TemplateEntry]
    pages: dict[str, _PageEntry]


class _VersionEntry(msgspec.Struct):
    version: int


def read(path: Path) -> SiteLayout | None:
    """Read a layout file; None if it does not exist. Raises LayoutError."""
    try:
        data = regular_file.read(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LayoutError(f"{path}: cannot be read: {error.strerror or error}") from error
    if git_lfs.is_pointer(data):
        raise LayoutError(git_lfs.describe(path), hint=git_lfs.PULL)
    return loads(data, path)


def loads(data: bytes, path: Path) -> SiteLayout:
    """Parse a layout file. ``path``: for messages. Raises LayoutError for an invalid file or a newer version."""
    try:
        version = msgspec.json.decode(data, type=_VersionEntry).version
        if version != VERSION:
            found = f"{path}: `version`: found {version}, expected {VERSION}"
            newer = "it was written by a newer imageseo: update imageseo, or " if version > VERSION else ""
            raise LayoutError(found, hint=newer + _MEASURE)
        file = msgspec.json.decode(data, type=_LayoutFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LayoutError(
            f"{path}: {_describe_error(error)}", hint=f"restore it from version control, or {_MEASURE}"
        ) from error
    return _validate(file, path)


def _validate(file: _LayoutFile, path: Path) -> SiteLayout:
    hint = f"restore it from version control, or {_MEASURE}"
    count = len(file.widths)
    if not count or any(width >= following for width, following in zip(file.widths, file.widths[1:], strict=False)):
        raise LayoutError(f"{path}: `widths`: found {list(file.widths)}, expected px in ascending order", hint=hint)
    for name, template in file.templates.items():
        if len(template.column) != count:
            found = f"{path}: `templates.{name}.column`: found {len(template.column)} numbers, expected {count}"
            raise LayoutError(found, hint=hint)
    for name, page in file.pages.items():
        invalid = next((image for image in page.images if len(image.widths) not in (0, count)), None)
        if invalid is not None:
            found = f"{path}: `pages.{name}`: {invalid.src} has {len(invalid.widths)} widths, expected {count}"
            raise LayoutError(found, hint=hint)
        if page.template not in file.templates:
            raise LayoutError(f"{path}: `pages.{name}.template`: there is no template {page.template!r}", hint=hint)
    return SiteLayout(
        widths=file.widths,
        pages={name: _page_layout(name, page) for name, page in file.pages.items()},
        templates={
            name: Template(id=name, column=template.column, pages=template.pages)
            for name, template in file.templates.items()
        },
    )


def _page_layout(name: str, page: _PageEntry) -> PageLayout:
    return PageLayout(
        page=name,
        template=page.template,
        lcp={viewport: Lcp(**msgspec.structs.asdict(lcp)) for viewport, lcp in page.lcp.items()},
        cls=page.cls,
        images=tuple(ShownImage(**msgspec.structs.asdict(image)) for image in page.images),
    )


def write(path: Path, layout: SiteLayout) -> bool:
    """Write a layout atomically. Return False if the file has the same content already. Raises LayoutError."""
    data = dumps(layout).encode("utf-8", "replace")  # file names may contain bytes that are not text
    try:
        return write_if_changed(path, data)
    except OSError as error:
        raise LayoutError(f"{path}: cannot be written: {error.strerror or error}") from error


def dumps(layout: SiteLayout) -> str:
    """Format a layout: sorted; one line per image, LCP and column; px in halves. Inherited pages are left out."""
    templates = [
        f"    {_text(name)}: {_text({'pages': template.pages, 'column': _px(template.column)})}"
        for name, template in sorted(layout.templates.items())
    ]
    pages = [_page_text(page) for _, page in sorted(layout.pages.items()) if not page.inherited]
    return (
        f'{{\n  "version": {VERSION},\n  "widths": {_text(list(layout.widths))},\n'
        f'  "templates": {_block(templates, "{}", 2)},\n  "pages": {_block(pages, "{}", 2)}\n}}\n'
    )


def _page_text(page: PageLayout) -> str:
    lcp = [f"        {_text(name)}: {_text(_lcp_fields(each))}" for name, each in sorted(page.lcp.items())]
    images = [f"        {_text(_image_fields(each))}" for each in page.images]
    cls = {name: _to_number(round(value, 2)) for name, value in sorted(page.cls.items())}
    return (
        f'    {_text(page.page)}: {{\n      "template": {_text(page.template)},\n'
        f'      "lcp": {_block(lcp, "{}", 6)},\n      "cls": {_text(cls)},\n'
        f'      "images": {_block(images, "[]", 6)}\n    }}'
    )


def _lcp_fields(lcp: Lcp) -> Mapping[str, Any]:
    found: dict[str, Any] = {"kind": lcp.kind}
    if lcp.src is not None:
        found["src"] = lcp.src
    if lcp.nth:
        found["nth"] = lcp.nth
    if lcp.chosen is not None:
        found["chosen"] = lcp.chosen
    if lcp.width or lcp.height:
        found |= {"width": _half(lcp.width), "height": _half(lcp.height)}
    if lcp.natural is not None:
        found["natural"] = list(lcp.natural)
    if lcp.bytes is not None:
        found["bytes"] = lcp.bytes
    if lcp.fade_ms:
        found["fade_ms"] = _to_number(round(lcp.fade_ms))
    return found


def _image_fields(image: ShownImage) -> Mapping[str, Any]:
    number = {"nth": image.nth} if image.nth else {}
    tops = {name: _half(top) for name, top in sorted(image.tops.items())}
    box = {"box": image.box} if image.box else {}
    return {"src": image.src, **number, **box, "widths": _px(image.widths), **({"tops": tops} if tops else {})}


def _px(values: tuple[float, ...]) -> list[float]:
    return [_half(value) for value in values]


def _half(value: float) -> float:
    return _to_number(round(value * 2) / 2)


def _to_number(value: float) -> float:
    """Return a whole number as int, so that it is written without ``.0``."""
    return int(value) if value == int(value) else value


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _block(lines: list[str], empty: str, indent: int) -> str:
    """Join lines inside brackets; ``empty``: the brackets."""
    content = ",\n".join(lines)
    return f"{empty[0]}\n{content}\n{' ' * indent}{empty[1]}" if lines else empty


def _describe_error(error: Exception) -> str:
    """Format msgspec's message, as ``expected `int`, got `str` - at `widths[0]```."""
    text = str(error) or type(error).__name__
    return text[:1].lower() + text[1:].replace("`$.", "`")
