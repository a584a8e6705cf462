"""What encoders are fitted out with, by the settings: leaves by name, the store, the policy, the tuner."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from importlib import import_module
from importlib.metadata import EntryPoints, entry_points
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import cast

from imageseo.core import profiles
from imageseo.ports import Codec, Metric, Store
from imageseo.settings import EncodeSettings, Settings
from imageseo.store import FolderStore
from imageseo.tune import Tuner
from imageseo.work import pixels


@cache
def _installed() -> EntryPoints:
    """The entry points of all packages: finding them means opening a file of each."""
    return cast("EntryPoints", entry_points())


@cache
def leaves(room: str) -> Mapping[str, Callable[[], ModuleType]]:
    """Loaders by file name: the modules of ``imageseo.<room>``, then entry points of that group.

    An entry point never takes the place of a leaf of our own.
    """
    package = import_module(f"imageseo.{room}")
    found: dict[str, Callable[[], ModuleType]] = {
        module.name: partial(import_module, f"imageseo.{room}.{module.name}")
        for module in pkgutil.iter_modules(package.__path__)
        if not module.ispkg and not module.name.startswith("_")
    }
    for entry in sorted(_installed().select(group=f"imageseo.{room}"), key=lambda entry: entry.name):
        found.setdefault(entry.name, entry.load)
    return found


def _leaf(room: str, name: str) -> ModuleType:
    """One leaf; other packages are asked for it only when it is none of our own."""
    if find_spec(f"imageseo.{room}.{name}"):
        return import_module(f"imageseo.{room}.{name}")
    return leaves(room)[name]()


def codecs(names: Iterable[str] | None = None, settings: EncodeSettings | None = None) -> dict[str, Codec]:
    """The codecs of these formats, each by the encoder that is set; without names all that need no extra."""
    chosen = {"avif": "avif_svt"} if settings is not None and settings.avif_encoder == "svt" else {}
    wanted = names or sorted(leaves("codecs").keys() - {"avif_svt"})
    return {name: cast("Codec", _leaf("codecs", chosen.get(name, name)).CODEC) for name in wanted}


def metrics(name: str) -> Metric:
    """The metric that is set."""
    return cast("Metric", _leaf("metrics", {"numpy": "ssimulacra2"}.get(name, name)).METRIC)


def store(settings: Settings, project: Path) -> FolderStore:
    """The variant store of a project; nothing is made on disk before something is kept."""
    return FolderStore(project / settings.cache_dir)


def policy(settings: Settings, profile: profiles.Profile | None = None) -> profiles.Policy:
    """What the settings make of encoding, in their profile or in another one."""
    chosen = profile or settings.profile
    return profiles.policy(
        chosen,
        encode=settings.encode,
        quality=settings.quality,
        target=settings.target,
        recompress=settings.fallback == "recompress",
    )


def tuner(settings: Settings, known: Store) -> Tuner:
    """What a process needs to know that only encodes. ``known``: what was found out before."""
    how = policy(settings)
    return Tuner(
        store=known,
        codecs=codecs((*settings.formats, "jpeg"), settings.encode),
        policy=how,
        metric=metrics(settings.encode.metric) if how.tunes else None,
        pixels=pixels(how.resizer).version(),
    )
