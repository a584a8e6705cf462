"""The pictures of a folder with what is said of each: sidecar before folder's file before header before defaults."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imageseo.errors import ProviderError
from imageseo.heroes.shelf import embedded, sidecar
from imageseo.heroes.shelf.entry import SUFFIXES, Entry

_SHOWN = 10  # faults of sidecars that one message names


@dataclass(frozen=True, slots=True)
class Found:
    """A picture's path within the library, and a stamp that is another when the file or what is said of it changed."""

    path: str
    stamp: str
    sidecars: tuple[str, ...]


class Listing:
    """A library's folder as it is now. Raises ProviderError when there is none."""

    def __init__(self, folder: Path, shown: str) -> None:
        self.folder, self.shown = folder, shown
        self.faults: list[str] = []
        self._folderwide: sidecar.Folderwide | None = None
        if not folder.is_dir():
            what = "is a file, no folder" if folder.exists() else "does not exist"
            raise ProviderError(
                f"library: the folder of pictures {shown} {what}",
                hint="make it and put pictures into it, or name another: `providers.library.folder` in the settings",
            )
        try:
            files = dict(sorted(_walk(str(folder), "")))
        except OSError as error:
            raise ProviderError(f"library: {shown} cannot be read: {error.strerror or error}") from error
        whole = files.get(sidecar.FOLDERWIDE, "")
        self.pictures: dict[str, Found] = {}
        for path, stamp in files.items():
            stem, suffix = os.path.splitext(path)  # noqa: PTH122 - ten thousand Paths take a tenth of a second
            if suffix.lower() in SUFFIXES:
                beside = tuple(name for name in (f"{path}.toml", f"{stem}.toml") if name in files)
                stamps = [stamp, whole, *(f"{name}={files[name]}" for name in beside)]
                self.pictures[path] = Found(path, "|".join(stamps), tuple(n for n in beside if n != sidecar.FOLDERWIDE))

    def entry(self, path: str) -> Entry:
        """All that is known of a picture. Faults of its sidecar are kept for ``complain``."""
        found = self.pictures[path]
        seen = embedded.look(self.folder / path)
        own: dict[str, Any] = {}
        if len(found.sidecars) > 1:
            self.faults.append(f"{found.sidecars[1]}: {found.sidecars[0]} speaks of the same picture; keep one of them")
        for name in found.sidecars[:1]:
            own = sidecar.read(self._text(name), name, self.faults)
        wide = self._whole()
        embeds = dict(seen.said)
        if "license" in embeds:
            embeds["license_at"] = f"{path} (its metadata)"
        said = {**wide.defaults, **embeds, **wide.pictures.get(path, {}), **own}
        said["tags"] = tuple(said.get("tags", ()))
        said["focal"] = tuple(said["focal"]) if said.get("focal") else None
        return Entry(path=path, width=seen.width, height=seen.height, problem=seen.problem, **said)

    def _whole(self) -> sidecar.Folderwide:
        if self._folderwide is None:
            has = (self.folder / sidecar.FOLDERWIDE).is_file()
            text = self._text(sidecar.FOLDERWIDE) if has else ""
            self._folderwide = sidecar.folderwide(text, sidecar.FOLDERWIDE, self.faults)
            unknown = [name for name in self._folderwide.pictures if name not in self.pictures]
            self.faults += [f"{sidecar.FOLDERWIDE}: there is no picture {name!r}" for name in unknown]
        return self._folderwide

    def complain(self) -> None:
        """Raises ProviderError when sidecars that were read have faults, all of them in one."""
        self._whole()
        if not self.faults:
            return
        faults = [f"{self.shown}/{fault}" for fault in self.faults]
        more = [f"and {len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
        if len(faults) == 1:
            raise ProviderError(faults[0], hint="correct it and run again")
        lines = [f"{len(faults)} faults in what is said of the library's pictures", *faults[:_SHOWN], *more]
        raise ProviderError("\n  - ".join(lines), hint="correct them and run again")

    def _text(self, name: str) -> str:
        try:
            return (self.folder / name).read_text("utf-8")
        except UnicodeDecodeError as error:
            self.faults.append(f"{name}: is not UTF-8: {error.reason} at byte {error.start}")
        except OSError as error:
            self.faults.append(f"{name}: cannot be read: {error.strerror or error}")
        return ""


def _walk(folder: str, above: str) -> Iterator[tuple[str, str]]:
    """Path and stamp of every file below a folder; hidden ones, and folders behind links, are left out."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path, f"{above}{entry.name}/")
            elif entry.is_file():
                stat = entry.stat()
                yield above + entry.name, f"{stat.st_size}:{stat.st_mtime_ns}"
