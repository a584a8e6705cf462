"""Budget settings: by metric and viewport, with overrides for some pages."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from imageseo.config.fields import ByteCount, SettingsGroup


class ByteLevels(SettingsGroup, frozen=True, kw_only=True):
    """Bytes at one viewport; ``0`` switches a level off."""

    warn: ByteCount = 0
    error: ByteCount = 0


class MobileBudget(SettingsGroup, frozen=True, kw_only=True):
    """Bytes at 412x823 CSS px and DPR 1.75; ``0`` switches a level off."""

    warn: ByteCount = "100 KiB"
    error: ByteCount = "150 KiB"


class DesktopBudget(SettingsGroup, frozen=True, kw_only=True):
    """Bytes at 1350x940 CSS px and DPR 1; ``0`` switches a level off."""

    warn: ByteCount = "200 KiB"
    error: ByteCount = "300 KiB"


class LcpBudget(SettingsGroup, frozen=True, kw_only=True):
    """Bytes of the candidate that browsers choose for the page's LCP image."""

    mobile: MobileBudget = MobileBudget()
    desktop: DesktopBudget = DesktopBudget()
    phone: ByteLevels = ByteLevels()
    tablet: ByteLevels = ByteLevels()


class ByteBudget(SettingsGroup, frozen=True, kw_only=True):
    """Bytes that browsers download, by viewport."""

    mobile: ByteLevels = ByteLevels()
    desktop: ByteLevels = ByteLevels()
    phone: ByteLevels = ByteLevels()
    tablet: ByteLevels = ByteLevels()


class CountLevels(SettingsGroup, frozen=True, kw_only=True):
    """Images at one viewport; ``0`` switches a level off."""

    warn: Annotated[int, Meta(ge=0)] = 0
    error: Annotated[int, Meta(ge=0)] = 0


class CountBudget(SettingsGroup, frozen=True, kw_only=True):
    """Images that browsers download, by viewport."""

    mobile: CountLevels = CountLevels()
    desktop: CountLevels = CountLevels()
    phone: CountLevels = CountLevels()
    tablet: CountLevels = CountLevels()


class PathLevels(SettingsGroup, frozen=True, kw_only=True):
    """Bytes or images at one viewport; unset: the level for all pages."""

    warn: ByteCount | None = None
    error: ByteCount | None = None


class PathViewports(SettingsGroup, frozen=True, kw_only=True):
    """Levels by viewport."""

    mobile: PathLevels = PathLevels()
    desktop: PathLevels = PathLevels()
    phone: PathLevels = PathLevels()
    tablet: PathLevels = PathLevels()


class PathBudgets(SettingsGroup, frozen=True, kw_only=True, rename="kebab"):
    """Budgets for some pages, by metric."""

    lcp_bytes: PathViewports = PathViewports()
    page_image_bytes: PathViewports = PathViewports()
    largest_image_bytes: PathViewports = PathViewports()
    image_bytes: PathViewports = PathViewports()
    image_count: PathViewports = PathViewports()


class BudgetSettings(SettingsGroup, frozen=True, kw_only=True, rename="kebab"):
    """Budgets by metric and viewport; all but those of the LCP image are off by default."""

    lcp_bytes: LcpBudget = LcpBudget()
    page_image_bytes: ByteBudget = ByteBudget()
    largest_image_bytes: ByteBudget = ByteBudget()
    image_bytes: ByteBudget = ByteBudget()
    image_count: CountBudget = CountBudget()
    paths: Annotated[
        dict[str, PathBudgets],
        Meta(description="Different budgets for some pages, by glob of their path in the site; `*` also matches `/`."),
    ] = field(default_factory=dict)
