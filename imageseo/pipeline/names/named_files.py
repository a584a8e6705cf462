"""The files of a site that renaming is about: images with names that say nothing, and scripts that may mention them."""

from __future__ import annotations

import os
import posixpath
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from imageseo.lint.naming.nameless import is_nameless
from imageseo.pipeline.incremental.build_state import digest
from imageseo.storage.output import OutputFolder
from imageseo.web.filenames import looks_like_variant
from imageseo.web.urls import IMAGE_SUFFIXES

_CODE = (".css", ".js", ".mjs")
_MAX_CODE = 16 * 2**20  # bytes of a style sheet or script
_SELECTOR = re.compile(rb"\[\s*(?:src|srcset|href|style)\b", re.IGNORECASE)
_IMAGE = re.compile(rb"\.(?:jpe?g|jfif|png|gif|webp|avif|svgz?|jxl|heic|bmp|tiff?|ico)(?![\w-])", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(slots=True, kw_only=True)
class NamedFiles:
    """``images``: NFC path -> path on disk, of images whose names say nothing, and of ``known`` ones.

    ``stems``: folder -> stems of all files in it, in lower case. ``code``: style sheets and scripts -> size and time.
    """

    images: dict[str, str] = field(default_factory=dict)
    stems: dict[str, set[str]] = field(default_factory=dict)
    code: dict[str, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path, known: Collection[str], excluded: str) -> NamedFiles:
        """Look through a site. ``known``: NFC paths of images with a name. ``excluded``: a folder of ours."""
        found = cls()
        for folder, folders, names in os.walk(root):
            relative = os.path.relpath(folder, root).replace(os.sep, "/")
            relative = "" if relative == "." else relative
            if relative == excluded:
                folders.clear()
                continue
            for name in names:
                found._add(f"{relative}/{name}" if relative else name, name, folder, known)
        return found

    def _add(self, path: str, name: str, folder: str, known: Collection[str]) -> None:
        lowered = name.lower()
        if lowered.endswith(_CODE):
            try:
                status = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 - a Path costs more than the call
            except OSError:
                return
            self.code[path] = status.st_size, status.st_mtime_ns
        elif lowered.endswith(IMAGE_SUFFIXES):
            normal = unicodedata.normalize("NFC", path)
            stem = unicodedata.normalize("NFC", posixpath.splitext(lowered)[0])
            self.stems.setdefault(posixpath.dirname(normal), set()).add(stem)
            is_text = _CONTROL.search(path) is None and not any("\ud800" <= each <= "\udfff" for each in path)
            if is_text and (normal in known or (is_nameless(name) and not looks_like_variant(name))):
                self.images.setdefault(normal, path)

    def code_digest(self, names: Iterable[str]) -> str:
        """Return a digest of the code and of the names that are looked for in it."""
        return digest(sorted(self.code.items()), sorted(names))

    def mentioned(self, output: OutputFolder, names: Mapping[str, str]) -> list[str]:
        """Return the images whose old name a script contains, or a style sheet with selectors of addresses.

        Such code may look for the ``<img>`` by its address. A ``url()`` is no reason: the file stays. Lists of service
        workers hold data.
        """
        wanted = {path: _spellings(disk) for path, disk in names.items()}
        found: set[str] = set()
        for path in sorted(self.code):
            if path in output.service_workers or self.code[path][0] > _MAX_CODE:
                continue
            try:
                data = output.begins(path, _MAX_CODE)
            except OSError:
                continue
            if not path.endswith(".css") or _SELECTOR.search(data):
                found.update(each for each, stems in wanted.items() if any(stem in data for stem in stems))
        return sorted(found)


def _spellings(path: str) -> list[bytes]:
    stem = posixpath.splitext(posixpath.basename(path))[0]
    return list(dict.fromkeys([stem.encode("utf-8", "surrogateescape"), quote(stem).encode()]))


def mentions(text: bytes, path: str) -> bool:
    """Whether a text contains the name of a file, without its suffix."""
    return any(stem in text for stem in _spellings(path))


def may_name(html: bytes, names: Collection[bytes]) -> bool:
    """Whether a page may contain one of these file names, which are in NFC and lower case."""
    for match in _IMAGE.finditer(html):
        end, start = match.end(), max(0, match.start() - 255)
        start = max(
            start, *(html.rfind(each, start, match.start()) + 1 for each in (b"/", b'"', b"'", b">", b"\\", b"="))
        )
        written = html[start:end].strip()
        is_list = b"," in written or b" " in written  # a srcset, perhaps
        parts = {written, *re.split(rb"[\s,]+", written)} if is_list else {written}
        if any(file_key(unquote_to_bytes(each).decode("utf-8", "surrogateescape")) in names for each in parts):
            return True
    return b"&#" in html and _IMAGE.search(html) is not None


def file_key(name: str) -> bytes:
    """Return a file name for ``may_name``."""
    return unicodedata.normalize("NFC", name).lower().encode("utf-8", "surrogateescape")
