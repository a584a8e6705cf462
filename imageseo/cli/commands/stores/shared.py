"""Commands `cache info`, `verify` and `prune` with `--remote`, and their output."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from imageseo.cli.commands.cache import format_output, parse_age, parse_size
from imageseo.integrations.project import Project
from imageseo.model.errors import SettingsError
from imageseo.model.humanize import format_bytes

if TYPE_CHECKING:
    from imageseo.storage.shared.address import StoreAddress
    from imageseo.storage.shared.maintenance import SharedKeeper, SharedResult

_SHOWN = 20


def info(project: Project, form: str) -> str:
    """Return a description of the shared store: size, ages, and the sites that use it."""
    address, keeper = _keeper(project)
    found = keeper.info()
    facts = {"store": address.name, **asdict(found), "sites": [each._asdict() for each in found.sites]}
    ages = f", {_age(found.newest)} to {_age(found.oldest)} old" if found.oldest is not None else ""
    lines = [f"{address.name}: {found.entries:,} entries, {format_bytes(found.bytes)}{ages}"]
    lines += [
        f"  {site.id} {site.label}: {site.entries:,} entries, last built {_age(site.age)} ago" for site in found.sites
    ]
    if found.strangers:
        lines.append(f"{found.strangers:,} files are not imageseo's, and are left alone")
    return format_output(facts, "\n".join(lines), form)


def verify(project: Project, form: str, *, apply: bool) -> tuple[str, bool]:
    """Check every entry; return the report and whether one was damaged."""
    address, keeper = _keeper(project)
    result = keeper.verify(apply=apply)
    verb = "removed" if apply else "found; `--apply` removes them"
    text = f"{address.name}: {result.checked:,} entries checked, {result.found:,} damaged"
    text += f" and {verb}" if result.found else ""
    return format_output(asdict(result), text + _paths(result), form), bool(result.found)


def prune(
    project: Project, form: str, *, age: str | None, size: str | None, forget: tuple[str, ...], apply: bool
) -> str:
    """Remove entries that no site needs, or only list them, and return the report."""
    address, keeper = _keeper(project)
    seconds = parse_age(age)
    result = keeper.prune(
        **({} if seconds is None else {"older_than": seconds}), max_bytes=parse_size(size), forget=forget, apply=apply
    )
    verb = "removed" if apply else "could be removed; `--apply` does it"
    text = (
        f"{address.name}: {result.found:,} of {result.checked:,} entries ({format_bytes(result.bytes)}) {verb}; "
        f"{result.kept:,} are in use, {result.young:,} are too young"
    )
    return format_output({**asdict(result), "applied": apply}, text + ("" if apply else _paths(result)), form)


def _keeper(project: Project) -> tuple[StoreAddress, SharedKeeper]:
    from imageseo.images.encoding import factory
    from imageseo.storage.shared.maintenance import SharedKeeper

    address = factory.store_address(project.settings, project.folder)
    if address is None:
        raise SettingsError(
            ("--remote: `store.remote` is not set",), hint="Set it to a URL such as s3://bucket/imageseo."
        )
    return address, SharedKeeper(address)


def _paths(result: SharedResult) -> str:
    shown = [f"\n  {path}" for path in result.paths[:_SHOWN]]
    more = result.found - len(shown)
    return "".join(shown) + (f"\n  and {more:,} more" if more > 0 else "")


def _age(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    return f"{seconds / 86_400:.0f} d" if seconds >= 2 * 86_400 else f"{seconds / 3600:.0f} h"
