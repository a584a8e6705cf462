"""The first step of a build: published names of images, given or taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from glob import escape
from typing import TYPE_CHECKING

from msgspec import structs

from imageseo.config.globs import matches
from imageseo.config.naming import NAMES_FILE
from imageseo.config.settings import Settings
from imageseo.pipeline.incremental.build_state import RecompressedFile

if TYPE_CHECKING:
    from imageseo.pipeline.context import BuildContext

_OFF = "off"  # the names of an earlier build have been taken back


def published_names(context: BuildContext) -> BuildContext:
    """Return the context for the rest of the build, in which images have their published names. Raises NamesError."""
    cache, name = context.state.cache, f"{context.state.name}.names"
    is_on = context.settings.names.rename
    known = (cache / "names" / name).exists()
    if not is_on and not known and not (context.site.project / NAMES_FILE).exists():
        return context
    from imageseo.pipeline.names import names_record  # few sites rename images
    from imageseo.pipeline.names.names_record import NamesRecord

    record = names_record.read(cache, name)
    if not is_on:
        if record is not None and record.scripts == _OFF:
            return context
        from imageseo.pipeline.names.restoring import restore_names

        restore_names(context, record)
        names_record.write(cache, name, NamesRecord(scripts=_OFF))
        return context
    from imageseo.pipeline.names.publisher import NamesPublisher

    publisher = NamesPublisher(context=context, record=record or NamesRecord())
    publisher.publish()
    names_record.write(cache, name, publisher.record)
    context.heroes.renamed = publisher.renames
    if not publisher.former:
        return context
    settings = _with_globs(context.settings, publisher.former)
    context.originals.source_types = settings.digital_source_type
    return replace(context, settings=settings, former=publisher.former)


def also_at_former_paths(files: list[RecompressedFile], former: Mapping[str, str]) -> list[RecompressedFile]:
    """Return replaced files, and the same for the former paths of renamed images: no prompt stays there."""
    by_path = {each.path: each for each in files} if former else {}
    return [*files, *(structs.replace(by_path[new], path=old) for old, new in former.items() if new in by_path)]


def _with_globs(settings: Settings, former: Mapping[str, str]) -> Settings:
    """Return the settings with what they say of an image by its path said of its published path too."""
    kinds, qualities = dict(settings.digital_source_type), dict(settings.quality.paths)
    for old, new in sorted(former.items()):
        for pattern, kind in settings.digital_source_type.items():
            if matches(old, pattern):
                kinds[escape(new)] = kind
        for pattern, values in settings.quality.paths.items():
            if matches(old, pattern):
                qualities[escape(new)] = {**qualities.get(escape(new), {}), **values}
    quality = structs.replace(settings.quality, paths=qualities)
    return structs.replace(settings, digital_source_type=kinds, quality=quality)
