"""Heroes that were declared and lead nowhere: a misspelt key, a pattern that fits no page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from imageseo.config.settings import Settings
from imageseo.heroes.recipes.misspelled_keys import OURS, misspelled_keys
from imageseo.integrations.pages import HEROES_FILE, HeroesFile
from imageseo.lint.engine import location_of
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.site import Site

RULE = "hero-unused"


def unused_heroes(site: Site, settings: Settings) -> Iterator[Finding]:
    """What surely was meant as a hero and is none; warnings. Raises RecipeError for a faulty heroes.toml."""
    if not settings.hero.keys:
        return
    yield from _patterns(site)
    for page in site.pages:
        for key in misspelled_keys(page.hints.meta) if "hero" in settings.hero.keys else ():
            if key.startswith(OURS):
                message, hint = f'<meta name="{key}">: there is no such name', "did you mean `imageseo:hero`?"
            else:
                message = f"front matter key `{key}` looks like a hero, and nobody reads it"
                meant = "_".join(["hero", *key.split("_")[1:]])
                hint = f"did you mean `{meant}`? if not, `lint.rules.{RULE}` switches this off"
            yield Finding(rule=RULE, severity=Severity.WARN, message=message, location=location_of(page), hint=hint)


def _patterns(site: Site) -> Iterator[Finding]:
    for pattern in HeroesFile.read(site.project).without_page(site.pages):
        yield Finding(
            rule=RULE,
            severity=Severity.WARN,
            message=f"no page has a URL like `{pattern}`, so nobody gets its hero",
            location=Location(page=HEROES_FILE, line=_line(site.project / HEROES_FILE, pattern)),
            hint='URLs are seen from the site\'s root, as in "guide/start/"; `*` stays within a folder, `**` does not',
        )


def _line(path: Path, pattern: str) -> int | None:
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    return next((number for number, line in lines if pattern in line.partition("#")[0]), None)
