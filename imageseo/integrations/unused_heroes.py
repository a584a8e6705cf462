"""Finds declared heroes without effect: a misspelt key, a pattern that matches no page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from imageseo.config.settings import Settings
from imageseo.heroes.recipes.misspelled_keys import OURS, misspelled_keys
from imageseo.integrations.pages import HEROES_FILE, HeroesFile
from imageseo.lint.engine import location_of
from imageseo.model import regular_file
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.site import Site

RULE = "hero-unused"


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
