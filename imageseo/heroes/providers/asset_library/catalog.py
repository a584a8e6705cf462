"""List the images of a library with their metadata: sidecar, then ``library.toml``, then header, then defaults."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from imageseo.heroes.providers.asset_library import file_metadata, sidecar
from imageseo.heroes.providers.asset_library.entry import IMAGE_SUFFIXES, LibraryEntry
from imageseo.heroes.providers.asset_library.locations import LibraryLocation
from imageseo.model import git_lfs
from imageseo.model.errors import ProviderError

_MAX_FAULTS = 10  # maximum number of sidecar faults in one message


@dataclass(frozen=True, slots=True)
class CatalogImage:
    """An image's path within the library, and a stamp that changes with the file or its metadata."""

    path: str
    stamp: str
    sidecars: tuple[str, ...]


class Catalog:
    """The current files of a library. Raises ProviderError if they cannot be listed."""

    def __init__(self, location: LibraryLocation) -> None:
        self.location = location
        self.faults: list[str] = []
        self._defaults: sidecar.LibraryDefaults | None = None
        self.files = files = location.files()
        library_stamp = files.get(sidecar.LIBRARY_FILE, "")
        self.images: dict[str, CatalogImage] = {}
        for path, stamp in files.items():
            stem, suffix = os.path.splitext(path)  # noqa: PTH122 - creating ten thousand Path objects takes 0.1 s
            if suffix.lower() in IMAGE_SUFFIXES:
                names = tuple(name for name in (f"{path}.toml", f"{stem}.toml") if name in files)
                stamps = [stamp, library_stamp, *(f"{name}={files[name]}" for name in names)]
                self.images[path] = CatalogImage(
                    path, "|".join(stamps), tuple(n for n in names if n != sidecar.LIBRARY_FILE)
                )

    def read_entry(self, path: str) -> LibraryEntry:
        """Return the metadata of an image. Faults of its sidecar are collected for ``raise_faults``."""
        found = self.images[path]
        header = file_metadata.read_header(self.location.local_path(path))
        sidecar_fields: dict[str, Any] = {}
        if len(found.sidecars) > 1:
            self.faults.append(
                f"{found.sidecars[1]}: {found.sidecars[0]} describes the same image; keep only one of them"
            )
        for name in found.sidecars[:1]:
            sidecar_fields = sidecar.read_sidecar(self._read_text(name), name, self.faults)
        library_file = self._library_defaults()
        embedded = dict(header.fields)
        if "license" in embedded:
            embedded["license_at"] = f"{path} (its metadata)"
        merged = {**library_file.defaults, **embedded, **library_file.images.get(path, {}), **sidecar_fields}
        merged["tags"] = tuple(merged.get("tags", ()))
        merged["focal"] = tuple(merged["focal"]) if merged.get("focal") else None
        return LibraryEntry(path=path, width=header.width, height=header.height, problem=header.problem, **merged)

    def _library_defaults(self) -> sidecar.LibraryDefaults:
        if self._defaults is None:
            text = self._read_text(sidecar.LIBRARY_FILE) if sidecar.LIBRARY_FILE in self.files else ""
            self._defaults = sidecar.read_library_file(text, sidecar.LIBRARY_FILE, self.faults)
            unknown = [name for name in self._defaults.images if name not in self.images]
            self.faults += [f"{sidecar.LIBRARY_FILE}: there is no image {name!r}" for name in unknown]
        return self._defaults

    def raise_faults(self) -> None:
        """Raise one ProviderError with all faults of the sidecars that were read, if there are any."""
        self._library_defaults()
        if not self.faults:
            return
        faults = [f"{self.location.label}/{fault}" for fault in self.faults]
        more = [f"and {len(faults) - _MAX_FAULTS} more"] if len(faults) > _MAX_FAULTS else []
        if len(faults) == 1:
            raise ProviderError(faults[0], hint="correct it and run again")
        lines = [f"{len(faults)} faults in the metadata of the library's images", *faults[:_MAX_FAULTS], *more]
        raise ProviderError("\n  - ".join(lines), hint="correct them and run again")

    def _read_text(self, name: str) -> str:
        try:
            data = self.location.read(name)
            if not git_lfs.is_pointer(data):
                return data.decode("utf-8")
            self.faults.append(f"{git_lfs.describe(name)}: run `git lfs pull`")
        except UnicodeDecodeError as error:
            self.faults.append(f"{name}: not UTF-8: {error.reason} at byte {error.start}")
        except OSError as error:
            self.faults.append(f"{name}: cannot be read: {error.strerror or error}")
        return ""
