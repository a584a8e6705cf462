"""Create what encoders need from the settings: codecs, metrics, the store, the policy, the tuner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import structs

from imageseo.config.encoding import EncodeSettings
from imageseo.config.plugins import METRIC_MODULES, foreign_plugins, is_built_in, load_plugins
from imageseo.config.settings import Settings
from imageseo.images.encoding import profiles
from imageseo.images.encoding.foreign import codec_of, metric_of
from imageseo.images.encoding.tasks import load_resizer
from imageseo.images.encoding.tuner import Tuner
from imageseo.model.errors import SettingsError
from imageseo.model.formats import BUILT_IN
from imageseo.model.protocols import Codec, Metric, Store
from imageseo.storage.store import FolderStore

if TYPE_CHECKING:
    from imageseo.storage.shared.address import StoreAddress
    from imageseo.storage.shared.store import SharedStore

_CODECS, _METRICS = "imageseo.codecs", "imageseo.metrics"


def codecs(names: Iterable[str] | None = None, settings: EncodeSettings | None = None) -> dict[str, Codec]:
    """Return the codecs for these formats, with the configured encoder; without names, our own that need no extra.

    Raises SettingsError for a format without a codec that works.
    """
    modules = {"avif": "avif_svt"} if settings is not None and settings.avif_encoder == "svt" else {}
    formats = [*BUILT_IN, "jpeg", "png"] if names is None else list(dict.fromkeys(names))
    found = load_plugins(_CODECS, codec_of, only=[modules.get(name, name) for name in formats])
    missing = [name for name in formats if modules.get(name, name) not in found]
    if missing:
        raise SettingsError(tuple(f"formats: {_why_missing(_CODECS, name)}" for name in missing))
    return {name: found[modules.get(name, name)] for name in formats}


def metrics(name: str) -> Metric:
    """Return the metric with this name. Raises SettingsError for a name without a metric that works."""
    module = METRIC_MODULES.get(name, name)
    found = load_plugins(_METRICS, metric_of, only=[module])
    if module not in found:
        raise SettingsError((f"encode.metric: {_why_missing(_METRICS, name)}",))
    return found[module]


def _why_missing(group: str, name: str) -> str:
    plugin = next((each for each in foreign_plugins(group) if each.name == name), None)
    return f"{plugin} cannot be used: {plugin.fault}" if plugin else f"nothing named {name} is installed"


def usable(settings: Settings) -> Settings:
    """Return the settings without the formats and the metric of other distributions that cannot be loaded.

    These are reported once. The formats that can be loaded are registered, so that files are named after them.
    """
    foreign = [name for name in settings.formats if name not in BUILT_IN]
    if foreign:
        found = load_plugins(_CODECS, codec_of, only=foreign)
        formats = tuple(name for name in settings.formats if name in found or name not in foreign)
        settings = structs.replace(settings, formats=formats)
    module = METRIC_MODULES.get(settings.encode.metric, settings.encode.metric)
    if not is_built_in(_METRICS, module) and module not in load_plugins(_METRICS, metric_of, only=[module]):
        settings = structs.replace(settings, encode=structs.replace(settings.encode, metric="numpy"))
    return settings


def store(settings: Settings, project: Path) -> FolderStore:
    """Return a project's own store, without a shared one; nothing is created until something is stored."""
    return FolderStore(project / settings.cache_dir)


def store_address(settings: Settings, project: Path) -> StoreAddress | None:
    """Return the address of the shared store, None if there is none. Raises SettingsError for an invalid URL.

    It can be pickled: another machine opens the same store with it.
    """
    shared = settings.store
    if shared.remote is None:
        return None
    from imageseo.storage.shared.address import StoreAddress  # few projects share a store

    return StoreAddress.of(
        shared.remote,
        project,
        mode=shared.remote_mode,
        required=shared.required,
        timeout=shared.timeout,
        parallel=shared.parallel,
        finish=shared.finish,
    )


def shared_store(settings: Settings, project: Path, *, writes: bool = True) -> SharedStore | None:
    """Return a project's store with the shared one behind it; None if the settings name none.

    ``writes``: False: only read, whatever the settings say. Raises SettingsError, and StoreError if it is required and
    cannot be used.
    """
    address = store_address(settings, project)
    if address is None:
        return None
    from imageseo.storage.shared.store import SharedStore

    if not writes:
        address = replace(address, mode="read")
    return SharedStore(store(settings, project), address, site=_site_label(settings, project))


def _site_label(settings: Settings, project: Path) -> str:
    """Return what a site is called in the shared store: its address without a user, else the project's folder."""
    if settings.site_url is None:
        return project.resolve().name
    parts = urlsplit(settings.site_url)
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")


def policy(settings: Settings, profile: profiles.Profile | None = None) -> profiles.EncodingPolicy:
    """Return the encoding policy for the settings, in their profile or in the given one."""
    return profiles.policy(
        profile or settings.profile,
        encode=settings.encode,
        quality=settings.quality,
        target=settings.target,
        recompress=settings.fallback == "recompress",
        others=[name for name in settings.formats if name not in BUILT_IN],
    )


def tuner(settings: Settings, variant_store: Store) -> Tuner:
    """Return the tuner for a process that only encodes. ``variant_store``: holds earlier search results."""
    encoders = codecs(
        (*settings.formats, settings.img_format, "jpeg"), settings.encode
    )  # first: it registers the formats
    encoding_policy = policy(settings)
    return Tuner(
        store=variant_store,
        codecs=encoders,
        policy=encoding_policy,
        metric=metrics(settings.encode.metric) if encoding_policy.tunes else None,
        resizer_version=load_resizer(encoding_policy.resizer).version(),
    )
