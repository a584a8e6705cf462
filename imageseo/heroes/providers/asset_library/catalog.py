"""The pictures of a library with what is said of each: sidecar before folder's file before header before defaults."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from imageseo.heroes.providers.asset_library import file_metadata, sidecar
from imageseo.heroes.providers.asset_library.entry import SUFFIXES, Entry
from imageseo.heroes.providers.asset_library.locations import Location
from imageseo.model.errors import ProviderError

_SHOWN = 10  # faults of sidecars that one message names


@dataclass(frozen=True, slots=True)
class Found:
    """A picture's path within the library, and a stamp that is another when the file or what is said of it changed."""

    path: str
    stamp: str
    sidecars: tuple[str, ...]


class Catalog:
    """A library's files as they are now. Raises ProviderError when there are none to be had."""

    def __init__(self, place: Location) -> None:
        self.place = place
        self.faults: list[str] = []
        self._folderwide: sidecar.LibraryDefaults | None = None
        self.files = files = place.files()
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
        seen = file_metadata.read_header(self.place.at(path))
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

    def _whole(self) -> sidecar.LibraryDefaults:
        if self._folderwide is None:
            text = self._text(sidecar.FOLDERWIDE) if sidecar.FOLDERWIDE in self.files else ""
            self._folderwide = sidecar.folderwide(text, sidecar.FOLDERWIDE, self.faults)
            unknown = [name for name in self._folderwide.pictures if name not in self.pictures]
            self.faults += [f"{sidecar.FOLDERWIDE}: there is no picture {name!r}" for name in unknown]
        return self._folderwide

    def complain(self) -> None:
        """Raises ProviderError when sidecars that were read have faults, all of them in one."""
        self._whole()
        if not self.faults:
            return
        faults = [f"{self.place.shown}/{fault}" for fault in self.faults]
        more = [f"and {len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
        if len(faults) == 1:
            raise ProviderError(faults[0], hint="correct it and run again")
        lines = [f"{len(faults)} faults in what is said of the library's pictures", *faults[:_SHOWN], *more]
        raise ProviderError("\n  - ".join(lines), hint="correct them and run again")

    def _text(self, name: str) -> str:
        try:
            return self.place.read(name).decode("utf-8")
        except UnicodeDecodeError as error:
            self.faults.append(f"{name}: is not UTF-8: {error.reason} at byte {error.start}")
        except OSError as error:
            self.faults.append(f"{name}: cannot be read: {error.strerror or error}")
        return ""
