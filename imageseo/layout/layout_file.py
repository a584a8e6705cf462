"""``imageseo.layout.json``: what a browser saw of a site, read and written so that differences can be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from imageseo.model.errors import LayoutError
from imageseo.model.layout import Lcp, LcpKind, PageLayout, ShownImage, SiteLayout, Template
from imageseo.storage.atomic import write_if_changed

NAME = "imageseo.layout.json"
VERSION = 1
_AGAIN = "measure the site anew: `imageseo measure DIR`"


class _Image(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    src: str
    widths: tuple[float, ...]
    tops: dict[str, float] = {}
    nth: int = 0
    box: str = ""


class _Lcp(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    kind: LcpKind
    src: str | None = None
    nth: int = 0
    chosen: str | None = None
    width: float = 0.0
    height: float = 0.0
    natural: tuple[int, int] | None = None
    bytes: int | None = None
    fade_ms: float = 0.0


class _Page(msgspec.Struct, forbid_unknown_fields=True):
    template: str
    lcp: dict[str, _Lcp] = {}
    cls: dict[str, float] = {}
    images: list[_Image] = []


class _Template(msgspec.Struct, forbid_unknown_fields=True):
    pages: int
    column: tuple[float, ...]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    widths: tuple[int, ...]
    templates: dict[str, _Template]
    pages: dict[str, _Page]


class _Version(msgspec.Struct):
    version: int


def read(path: Path) -> SiteLayout | None:
    """The layout in a file; None when there is no file. Raises LayoutError."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LayoutError(f"{path}: it cannot be read: {error.strerror or error}") from error
    return loads(data, path)


def loads(data: bytes, path: Path) -> SiteLayout:
    """The layout in a file's bytes. ``path``: for messages. Raises LayoutError for what is broken or newer."""
    try:
        version = msgspec.json.decode(data, type=_Version).version
        if version != VERSION:
            found = f"{path}: `version`: found {version}, expected {VERSION}"
            newer = "a newer imageseo wrote it: update this one, or " if version > VERSION else ""
            raise LayoutError(found, hint=newer + _AGAIN)
        found_file = msgspec.json.decode(data, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LayoutError(f"{path}: {_words(error)}", hint=f"restore it from your repository, or {_AGAIN}") from error
    return _checked(found_file, path)


def _checked(file: _File, path: Path) -> SiteLayout:
    hint = f"restore it from your repository, or {_AGAIN}"
    count = len(file.widths)
    if not count or any(one >= other for one, other in zip(file.widths, file.widths[1:], strict=False)):
        raise LayoutError(f"{path}: `widths`: found {list(file.widths)}, expected px in ascending order", hint=hint)
    for name, template in file.templates.items():
        if len(template.column) != count:
            found = f"{path}: `templates.{name}.column`: found {len(template.column)} numbers, expected {count}"
            raise LayoutError(found, hint=hint)
    for name, page in file.pages.items():
        wrong = next((image for image in page.images if len(image.widths) not in (0, count)), None)
        if wrong is not None:
            found = f"{path}: `pages.{name}`: {wrong.src} has {len(wrong.widths)} widths, expected {count}"
            raise LayoutError(found, hint=hint)
        if page.template not in file.templates:
            raise LayoutError(f"{path}: `pages.{name}.template`: there is no template {page.template!r}", hint=hint)
    return SiteLayout(
        widths=file.widths,
        pages={name: _page(name, page) for name, page in file.pages.items()},
        templates={
            name: Template(id=name, column=template.column, pages=template.pages)
            for name, template in file.templates.items()
        },
    )


def _page(name: str, page: _Page) -> PageLayout:
    return PageLayout(
        page=name,
        template=page.template,
        lcp={viewport: Lcp(**msgspec.structs.asdict(lcp)) for viewport, lcp in page.lcp.items()},
        cls=page.cls,
        images=tuple(ShownImage(**msgspec.structs.asdict(image)) for image in page.images),
    )


def write(path: Path, layout: SiteLayout) -> bool:
    """Put a layout into a file, atomically; False when the file holds the very same already. Raises LayoutError."""
    data = dumps(layout).encode("utf-8", "replace")  # a file's name may be no text, and JSON holds nothing else
    try:
        return write_if_changed(path, data)
    except OSError as error:
        raise LayoutError(f"{path}: it cannot be written: {error.strerror or error}") from error


def dumps(layout: SiteLayout) -> str:
    """A layout as text: sorted, an image, an LCP and a column a line, px to the half. What is inherited is left out."""
    templates = [
        f"    {_text(name)}: {_text({'pages': each.pages, 'column': _px(each.column)})}"
        for name, each in sorted(layout.templates.items())
    ]
    pages = [_page_text(page) for _, page in sorted(layout.pages.items()) if not page.inherited]
    return (
        f'{{\n  "version": {VERSION},\n  "widths": {_text(list(layout.widths))},\n'
        f'  "templates": {_block(templates, "{}", 2)},\n  "pages": {_block(pages, "{}", 2)}\n}}\n'
    )


def _page_text(page: PageLayout) -> str:
    lcp = [f"        {_text(name)}: {_text(_lcp(each))}" for name, each in sorted(page.lcp.items())]
    images = [f"        {_text(_image(each))}" for each in page.images]
    cls = {name: _plain(round(value, 2)) for name, value in sorted(page.cls.items())}
    return (
        f'    {_text(page.page)}: {{\n      "template": {_text(page.template)},\n'
        f'      "lcp": {_block(lcp, "{}", 6)},\n      "cls": {_text(cls)},\n'
        f'      "images": {_block(images, "[]", 6)}\n    }}'
    )


def _lcp(lcp: Lcp) -> Mapping[str, Any]:
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
        found["fade_ms"] = _plain(round(lcp.fade_ms))
    return found


def _image(image: ShownImage) -> Mapping[str, Any]:
    number = {"nth": image.nth} if image.nth else {}
    tops = {name: _half(top) for name, top in sorted(image.tops.items())}
    box = {"box": image.box} if image.box else {}
    return {"src": image.src, **number, **box, "widths": _px(image.widths), **({"tops": tops} if tops else {})}


def _px(values: tuple[float, ...]) -> list[float]:
    return [_half(value) for value in values]


def _half(value: float) -> float:
    return _plain(round(value * 2) / 2)


def _plain(value: float) -> float:
    """Without the ``.0`` of a whole number."""
    return int(value) if value == int(value) else value


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _block(lines: list[str], empty: str, indent: int) -> str:
    """Lines in brackets, or just the brackets."""
    listed = ",\n".join(lines)
    return f"{empty[0]}\n{listed}\n{' ' * indent}{empty[1]}" if lines else empty


def _words(error: Exception) -> str:
    """What msgspec says, with the place as a key: ``Expected `int`, got `str` - at `$.widths[0]```."""
    text = str(error) or type(error).__name__
    return text[:1].lower() + text[1:].replace("`$.", "`")
