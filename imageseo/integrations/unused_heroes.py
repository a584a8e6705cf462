"""Finds declared heroes without effect: a misspelt key, a pattern that matches no page, sources that are not read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from imageseo.config.settings import Settings
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.recipes.misspelled_keys import OURS, misspelled_keys
from imageseo.integrations.pages import HEROES_FILE, HeroesFile
from imageseo.lint.engine import location_of
from imageseo.model import regular_file
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.site import Site

RULE = "hero-unused"
_SHOWN = 3  # sources of a finding


def unused_heroes(site: Site, settings: Settings) -> Iterator[Finding]:
    """Yield a warning for each hero declaration without effect. Raises RecipeError for an invalid heroes.toml."""
    if not settings.hero.keys:
        return
    yield from _unmatched_patterns(site)
    for page in site.pages:
        for key in misspelled_keys(page.hints.meta) if "hero" in settings.hero.keys else ():
            if key.startswith(OURS):
                message, hint = f'<meta name="{key}">: unknown name', "did you mean `imageseo:hero`?"
            else:
                message = f"front matter key `{key}` looks like a hero key but is not used"
                suggestion = "_".join(["hero", *key.split("_")[1:]])
                hint = f"did you mean `{suggestion}`? otherwise switch this off with `lint.rules.{RULE}`"
            yield Finding(rule=RULE, severity=Severity.WARN, message=message, location=location_of(page), hint=hint)


def unread_heroes(site: Site) -> Iterator[Finding]:
    """Yield a warning if the lock file pins heroes of sources, and no sources were read. Raises LockError."""
    if site.generator != "directory" or site.sources:
        return
    listed = {page.key for page in site.pages}
    pins = locks.read(site.project / locks.NAME).pins
    lost = [pin.page for pin in pins if pin.page not in listed and not pin.page.endswith((".html", ".htm"))]
    if not lost:
        return
    names = ", ".join(lost[:_SHOWN]) + (f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else "")
    one = len(lost) == 1
    number = "the hero of a source" if one else f"the heroes of {len(lost)} sources"
    why = site.unread or f"no project file in {site.project} is known that lists {'it' if one else 'them'}"
    yield Finding(
        rule="hero-unread",
        severity=Severity.WARN,
        message=f"{locks.NAME} pins {number} that {'was' if one else 'were'} not read, so that no page has "
        f"{'it' if one else 'them'} ({names}): {why}",
        location=Location(page=locks.NAME),
        hint="install or repair what reads the project (`imageseo doctor` shows it), or name the folder of its "
        "Markdown files in `content_dir`; drop pins of files that are gone with `imageseo generate --prune`",
    )


def _unmatched_patterns(site: Site) -> Iterator[Finding]:
    for pattern in HeroesFile.read(site.project).unmatched_patterns(site.pages):
        yield Finding(
            rule=RULE,
            severity=Severity.WARN,
            message=f"pattern `{pattern}` matches no page, its hero is not used",
            location=Location(page=HEROES_FILE, line=_line_number(site.project / HEROES_FILE, pattern)),
            hint='write URLs relative to the site\'s root, such as "guide/start/"; `*` matches within a folder, `**` '
            "across folders",
        )


def _line_number(path: Path, pattern: str) -> int | None:
    lines = enumerate(regular_file.read_text(path).splitlines(), 1)
    return next((number for number, line in lines if pattern in line.partition("#")[0]), None)
