"""Puts everything together: every leaf by name, and the tools of a build or a lint, ready for use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

from imageseo.config.plugins import plugin_loaders
from imageseo.config.settings import Settings
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.masters import store as vaults
from imageseo.heroes.masters.resolver import TYPED, Command, MasterResolver
from imageseo.heroes.recipes import prompts_file
from imageseo.heroes.recipes.prompt_library import PromptLibrary
from imageseo.heroes.recipes.request_reader import RequestReader
from imageseo.images.decoding.probe import probe
from imageseo.images.encoding import profiles
from imageseo.images.encoding.encoder import Encoder
from imageseo.images.encoding.factory import codecs, metrics, policy, store
from imageseo.images.encoding.isolation import WorkerEngine
from imageseo.images.encoding.tasks import load_resizer
from imageseo.layout import layout_file
from imageseo.lint import parallel
from imageseo.lint.engine import location_of
from imageseo.lint.linter import LintResult
from imageseo.lint.severity import SeverityLevels, apply_levels
from imageseo.model.errors import RecipeError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.hero import HeroRequest
from imageseo.model.protocols import Codec, HeroProvider, MasterStore, Metric, Progress, ProviderContext, Result
from imageseo.model.site import Page, Site
from imageseo.pipeline import hero_crops as cutting
from imageseo.pipeline.context import BuildTools
from imageseo.pipeline.incremental import build_state
from imageseo.pipeline.incremental.build_state import RecordingStore
from imageseo.pipeline.incremental.state_session import StateSession


def providers(settings: Settings, project: Path, *, progress: Progress | None = None) -> dict[str, HeroProvider]:
    """Every hero provider, in its place. Their pictures' libraries load later.

    Raises SettingsError for options that a provider does not know.
    """
    found = {name: cast("HeroProvider", load().PROVIDER) for name, load in plugin_loaders("imageseo.heroes").items()}
    return {
        name: each.configure(
            ProviderContext(
                project=project,
                cache=project / settings.cache_dir,
                colors=settings.brand.colors,
                brand=settings.brand.name,
                options=settings.providers.get(name, {}),
                progress=progress,
            )
        )
        for name, each in found.items()
    }


def vault(settings: Settings, project: Path) -> MasterStore:
    """Where the project's masters lie. Raises SettingsError for a URL that cannot be one."""
    return vaults.open_master_store(settings.hero.masters, project, project / settings.cache_dir)


def library(settings: Settings, project: Path) -> PromptLibrary:
    """The project's prompts. Raises SettingsError with every fault of their file."""
    return prompts_file.read(project / settings.hero.prompts, settings.hero.prompts)


def request_reader(
    settings: Settings, project: Path, providers: Mapping[str, HeroProvider], *, base_url: str | None
) -> Callable[[Page], HeroRequest | None]:
    """Page -> what it asks for, by its front matter and the project's prompts; raises RecipeError for a page's fault.

    Raises SettingsError for the prompts' own.
    """
    shared = library(settings, project)
    return RequestReader(settings=settings.hero, providers=providers, library=shared, base_url=base_url).of


def reporters() -> Mapping[str, Callable[[Result], str]]:
    """The renderers of reports, by format."""
    return {
        name: cast("Callable[[Result], str]", load().render)
        for name, load in plugin_loaders("imageseo.reports").items()
    }


def workers(settings: Settings) -> int:
    """How many threads encode: the setting, else what the machine lets this process use."""
    if settings.concurrency:
        return settings.concurrency
    allowed = getattr(os, "sched_getaffinity", None)  # a container may hold fewer than the machine has
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


@contextmanager
def build_tools(
    settings: Settings,
    *,
    project: Path,
    progress: Progress,
    command: Command = TYPED,
    accepts: Iterable[profiles.Profile] = (),
) -> Iterator[BuildTools]:
    """All that one build works with.

    Raises LockError for a lock that cannot be read, LayoutError for a measured layout, SettingsError for prompts.
    ``command``: as in ``Heroes``. ``accepts``: profiles whose variants are taken where the store has them already.
    """
    count = workers(settings)
    folder = store(settings, project)
    kept = RecordingStore(folder)
    coders = codecs((*settings.formats, "jpeg"), settings.encode)
    how = policy(settings)
    others = [policy(settings, profile) for profile in accepts]
    judge = metrics(settings.encode.metric) if any(each.tunes for each in (how, *others)) else None
    engine = (
        WorkerEngine(settings=settings, project=project, workers=count, store=kept) if settings.encode.isolate else None
    )
    with ThreadPoolExecutor(max_workers=count, thread_name_prefix="imageseo") as executor:
        yield BuildTools(
            encoder=Encoder(kept, coders, executor, how, workers=count, metric=judge, accepts=others, engine=engine),
            masters=MasterResolver(
                lock=locks.read(project / locks.NAME),
                project=project,
                store=kept,
                providers=providers(settings, project),
                vault=vault(settings, project),
                frozen=settings.frozen,
                command=command,
            ),
            library=library(settings, project),
            rules=parallel.installed_rules(),
            probe=partial(probe, max_pixels=settings.encode.max_pixels),
            state=StateSession(
                cache=folder.folder,
                versions=_versions(coders, [how, *others], judge, crops=bool(settings.hero.crops)),
                store=kept,
                preview=bool(others),
            ),
            progress=progress,
            layout=layout_file.read(project / layout_file.NAME),
        )


def _versions(
    coders: Mapping[str, Codec], policies: Sequence[profiles.EncodingPolicy], judge: Metric | None, *, crops: bool
) -> str:
    """Of all that has a say in what a build makes and finds. ``crops``: whether heroes are cut, too."""
    by = f"{judge.name} {judge.version}" if judge else "nobody"
    shrinks = load_resizer(policies[0].resizer).version()
    cuts = [cutting.version()] if crops else []
    by_name = (f"{name} {each.version()}" for name, each in coders.items())
    return "\n".join([build_state.code_digest(), shrinks, by, repr(policies), *cuts, *by_name])


def lint_site(
    site: Site,
    settings: Settings,
    *,
    only: frozenset[str] | None = None,
    progress: Progress | None = None,
    command: Command = TYPED,
) -> LintResult:
    """Judge a built site by every rule, and by its pins where it is frozen; nothing is written.

    ``only``: the ids of which anything is to be said; None: of all.
    """
    site = site.without(settings.exclude_pages)
    result = parallel.lint_pages(site, settings, workers=workers(settings), only=only, progress=progress)
    if not settings.frozen:
        return result
    unpinned = apply_levels(_unpinned(site, settings, command), SeverityLevels.of(settings.lint, only=only))
    found = sorted([*result.findings, *unpinned], key=lambda finding: finding.sort_key)
    return replace(result, findings=tuple(found))


def _unpinned(site: Site, settings: Settings, command: Command) -> Iterator[Finding]:
    """What a frozen build would say of the site's drawn heroes."""
    masters = MasterResolver(
        lock=locks.read(site.project / locks.NAME),
        project=site.project,
        store=store(settings, site.project),
        providers=providers(settings, site.project),
        vault=vault(settings, site.project),
        frozen=True,
        command=command,
    )
    read = request_reader(settings, site.project, masters.providers, base_url=site.base_url)
    asked: list[HeroRequest] = []
    where: list[Location] = []
    for page in site.pages:
        try:
            request = read(page)
        except RecipeError as error:
            yield Finding(
                rule="hero-recipe",
                severity=Severity.ERROR,
                message=error.message,
                location=location_of(page),
                hint=error.hint,
            )
            continue
        if request is not None and request.recipe is not None:
            asked.append(request)
            where.append(location_of(page))
    for request, location in zip(asked, where, strict=True):
        yield from masters.resolve(request, location, beside=lambda: asked).findings
