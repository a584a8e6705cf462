"""Undo what imageseo has added to a built site: a build that leaves every image alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from msgspec import structs

from imageseo.config.naming import NamesSettings
from imageseo.config.settings import Settings
from imageseo.config.social import SocialSettings
from imageseo.integrations.runner import build
from imageseo.model.progress import Progress
from imageseo.model.site import Site
from imageseo.pipeline.result import BuildResult

_OF_UNDO = frozenset({"page-unreadable", "page-unwritable", "compressed-copy", "fallback-kept", "precache-stale"})
"""Findings that say what could not be undone; the rest is about images."""


def undo(site: Site, settings: Settings, *, progress: Progress, config: Path | None = None) -> BuildResult:
    """Remove from a built site what imageseo has added: a build that leaves every image alone. ``site``: read with
    ``undoing(settings)``. Raises ImageseoError.
    """
    result = build(site, undoing(settings), progress=progress, config=config)
    counts = {"pages": len(site.pages), "files changed or removed": len(result.changed)}
    findings = tuple(finding for finding in result.findings if finding.rule in _OF_UNDO)
    return replace(result, findings=findings, silenced=(), markup=(), counts=counts, title="undo")


def undoing(settings: Settings) -> Settings:
    """Return the settings of a build that adds nothing to any page, and writes the original files again."""
    off = structs.replace(settings.hero, keys=(), insert="none", guess=False, crops=())
    return structs.replace(
        settings,
        enabled=True,
        frozen=False,
        include=(),
        exclude=("img",),
        exclude_pages=(),
        json_ld=False,
        sitemap=False,
        feeds=False,
        fallback="keep",
        style="inline",
        hero=off,
        names=NamesSettings(),
        social=SocialSettings(cards="off"),
        delivery=structs.replace(settings.delivery, headers=()),  # its hosts tell whose images the sitemap lists
    )
