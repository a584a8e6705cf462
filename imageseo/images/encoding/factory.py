"""Create what encoders need from the settings: codecs, metrics, the store, the policy, the tuner."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import cast

from imageseo.config.plugins import load_plugin, plugin_loaders
from imageseo.config.settings import EncodeSettings, Settings
from imageseo.images.encoding import profiles
from imageseo.images.encoding.tasks import load_resizer
from imageseo.images.encoding.tuner import Tuner
from imageseo.model.protocols import Codec, Metric, Store
from imageseo.storage.store import FolderStore


def codecs(names: Iterable[str] | None = None, settings: EncodeSettings | None = None) -> dict[str, Codec]:
    """Return the codecs for these formats, with the configured encoder; without names, all that need no extra."""
    plugins = {"avif": "avif_svt"} if settings is not None and settings.avif_encoder == "svt" else {}
    formats = names or sorted(plugin_loaders("imageseo.codecs").keys() - {"avif_svt"})
    return {name: cast("Codec", load_plugin("imageseo.codecs", plugins.get(name, name)).CODEC) for name in formats}


def metrics(name: str) -> Metric:
    """Return the metric with this name."""
    return cast("Metric", load_plugin("imageseo.metrics", {"numpy": "ssimulacra2"}.get(name, name)).METRIC)


def store(settings: Settings, project: Path) -> FolderStore:
    """Return a project's variant store; nothing is created on disk until something is stored."""
    return FolderStore(project / settings.cache_dir)


def policy(settings: Settings, profile: profiles.Profile | None = None) -> profiles.EncodingPolicy:
    """Return the encoding policy for the settings, in their profile or in the given one."""
    return profiles.policy(
        profile or settings.profile,
        encode=settings.encode,
        quality=settings.quality,
        target=settings.target,
        recompress=settings.fallback == "recompress",
    )


def tuner(settings: Settings, variant_store: Store) -> Tuner:
    """Return the tuner for a process that only encodes. ``variant_store``: holds earlier search results."""
    encoding_policy = policy(settings)
    return Tuner(
        store=variant_store,
        codecs=codecs((*settings.formats, "jpeg"), settings.encode),
        policy=encoding_policy,
        metric=metrics(settings.encode.metric) if encoding_policy.tunes else None,
        resizer_version=load_resizer(encoding_policy.resizer).version(),
    )
