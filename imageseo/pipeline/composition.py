"""Composition root: load the plug-ins, and make the tools of a build or a lint run from the settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from imageseo.config.plugins import foreign_plugins, is_built_in, load_plugins, report
from imageseo.config.settings import Settings
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.masters import store as master_stores
from imageseo.heroes.masters.drafts import in_ci
from imageseo.heroes.masters.guarded_provider import BrokenProvider, provider_of
from imageseo.heroes.masters.resolver import TYPED, Command, MasterResolver
from imageseo.heroes.policy.sending import guarded_sender
from imageseo.heroes.recipes import prompts_file
from imageseo.heroes.recipes.prompt_library import PromptLibrary
from imageseo.heroes.recipes.request_reader import RequestReader
from imageseo.images.decoding.probe import probe
from imageseo.images.encoding import profiles
from imageseo.images.encoding.encoder_factory import EncoderFactory
from imageseo.images.encoding.factory import shared_store, store
from imageseo.images.encoding.postponed import Postponed
from imageseo.images.encoding.tasks import load_resizer
from imageseo.layout import layout_file, themes
from imageseo.lint import hero_faults, parallel
from imageseo.lint.engine import location_of
from imageseo.lint.linter import LintResult
from imageseo.lint.report import Report, renderer_of
from imageseo.lint.severity import SeverityLevels, apply_levels
from imageseo.model.errors import RecipeError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.foreign import describe_error
from imageseo.model.hero import HeroRequest
from imageseo.model.progress import Progress
from imageseo.model.protocols import HeroProvider, MasterStore, ProviderContext, Result
from imageseo.model.site import Page, Site
from imageseo.pipeline.context import BuildTools
from imageseo.pipeline.incremental import build_state
from imageseo.pipeline.incremental.build_memory import BuildMemory
from imageseo.pipeline.incremental.build_state import RecordingStore
from imageseo.pipeline.incremental.state_session import StateSession


def providers(settings: Settings, project: Path, *, progress: Progress | None = None) -> dict[str, HeroProvider]:
    """Return every hero provider, configured; heavy libraries are imported on first use.

    Raises SettingsError for unknown options of a provider.
    """
    found: dict[str, HeroProvider] = {}
    for name, provider in _installed_providers().items():
        configured = provider.configure(
            ProviderContext(
                project=project,
                cache=project / settings.cache_dir,
                colors=settings.brand.colors,
                mode=settings.brand.mode,
                brand=settings.brand.name,
                card=settings.brand.card,
                fonts=settings.brand.fonts,
                logo=settings.brand.logo or "",
                options=settings.providers.get(name, {}),
                progress=progress,
            )
        )
        if isinstance(configured, BrokenProvider):  # reported now, unless it was when it was loaded
            for plugin in foreign_plugins("imageseo.heroes"):
                if plugin.name == name and not plugin.fault:
                    report(replace(plugin, fault=configured.fault))
        found[name] = guarded_sender(configured, settings.policy)
    return found


def _installed_providers() -> dict[str, HeroProvider]:
    """Return every provider; one that cannot be loaded says why to the pages that ask for it."""
    installed = load_plugins("imageseo.heroes", provider_of)
    broken: dict[str, HeroProvider] = {
        each.name: BrokenProvider(each.name, each.distribution, each.fault)
        for each in foreign_plugins("imageseo.heroes")
        if each.fault and each.name not in installed
    }
    return {**broken, **installed}


def master_store(settings: Settings, project: Path) -> MasterStore:
    """Open the project's master store. Raises SettingsError for an invalid URL."""
    return master_stores.open_master_store(settings.hero.masters, project, project / settings.cache_dir)


def prompt_library(settings: Settings, project: Path) -> PromptLibrary:
    """Read the project's prompts. Raises SettingsError with every error in the file."""
    return prompts_file.read(project / settings.hero.prompts, settings.hero.prompts)


def request_reader(
    settings: Settings, project: Path, providers: Mapping[str, HeroProvider], *, base_url: str | None
) -> Callable[[Page], HeroRequest | None]:
    """Return a function: page -> its hero request, from front matter and the project's prompts. It raises RecipeError.

    Raises SettingsError for errors in the prompts file.
    """
    prompts = prompt_library(settings, project)
    return RequestReader(settings=settings.hero, providers=providers, library=prompts, base_url=base_url).of


def reporters() -> Mapping[str, Callable[[Result], str]]:
    """Return the renderers of reports, by format."""
    return load_plugins("imageseo.reports", renderer_of)


def broken_report(form: str) -> str:
    """Return why the report of another package is not used; "" for one that is, or that does not exist."""
    found = (each for each in foreign_plugins("imageseo.reports") if each.name == form and each.fault)
    return next((f"{each} is broken: {each.fault}; `imageseo doctor` lists all plug-ins" for each in found), "")


def render(result: Result, form: str) -> tuple[str, bool]:
    """Return a report in this format, and whether it could be made; otherwise the text report, which says why."""
    render = load_plugins("imageseo.reports", renderer_of, only=[form])[form]
    if is_built_in("imageseo.reports", form):
        return render(result), True
    try:
        text = render(result)
        if not isinstance(text, str):
            raise TypeError(f"render() returned {type(text).__name__}, not a text")
        return text, True
    except (Exception, SystemExit) as error:  # code of another distribution may raise anything
        plugin = next(each for each in foreign_plugins("imageseo.reports") if each.name == form)
        fault = Finding(
            rule="plugin-failed",
            severity=Severity.ERROR,
            message=f"{plugin} raised {describe_error(error)}; this is the text report instead",
            hint="this is a bug in the report; choose another format",
            location=Location(page=""),
        )
        whole = Report.of(result)
        return render_text(replace(whole, findings=(fault, *whole.findings))), False


def render_text(result: Result) -> str:
    """Return the report for terminals."""
    return load_plugins("imageseo.reports", renderer_of, only=["text"])["text"](result)


def worker_count(settings: Settings) -> int:
    """Return the number of encoding threads: the setting, else the CPUs available to this process."""
    if settings.concurrency:
        return settings.concurrency
    allowed = getattr(os, "sched_getaffinity", None)  # a container may have fewer than the machine
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


@contextmanager
def build_tools(
    settings: Settings,
    *,
    project: Path,
    progress: Progress,
    command: Command = TYPED,
    accepts: Iterable[profiles.Profile] = (),
    memory: BuildMemory | None = None,
    postponed: Postponed | None = None,
) -> Iterator[BuildTools]:
    """Make the tools of one build.

    Raises LockError for the lock file, LayoutError for the layout file, SettingsError for the prompts file.
    ``command``: as in ``MasterResolver``. ``accepts``: profiles whose variants are used if the store has them already;
    the build is a preview. ``memory``: of a process that builds the site again and again. ``postponed``: notes what is
    missing, which is not encoded then.
    """
    count = worker_count(settings)
    factory = EncoderFactory.of(settings, project, accepts)
    shared = shared_store(settings, project, writes=len(factory.policies) == 1)
    folder = shared.local if shared is not None else store(settings, project)
    recorded = RecordingStore(shared or folder, local=folder)
    with (
        ThreadPoolExecutor(max_workers=count, thread_name_prefix="imageseo") as executor,
        closing(shared) if shared else nullcontext(),
    ):
        tools = BuildTools(
            encoder=factory.encoder(
                recorded,
                executor,
                workers=count,
                postponed=postponed,
                spare=memory.spare if memory else None,
                prefetch=shared.prepare if shared is not None else None,
            ),
            masters=MasterResolver(
                lock=locks.read(project / locks.NAME),
                project=project,
                store=recorded,
                providers=providers(settings, project),
                vault=master_store(settings, project),
                frozen=settings.frozen,
                drafts=not in_ci(),
                command=command,
            ),
            library=prompt_library(settings, project),
            rules=parallel.installed_rules(),
            probe=partial(probe, max_pixels=settings.encode.max_pixels),
            state=StateSession(
                cache=folder.folder,
                versions=_versions(
                    factory, crops=settings.hero.crops != () or settings.hero.art_direction != "off", code=_code(memory)
                ),
                store=recorded,
                preview=len(factory.policies) > 1,
            ),
            progress=progress,
            layout=layout_file.read(project / layout_file.NAME),
            memory=memory,
            workers=count,
            shared=shared,
        )
        yield tools
        if shared is not None:
            # A program that builds again and again does not wait: what is not uploaded now is in its next build.
            shared.finish(tools.state.known.state.store_keys(), wait=memory is None)


def _versions(factory: EncoderFactory, *, crops: bool, code: str) -> str:
    """Return the versions of everything that affects files and findings. ``crops``: whether heroes are cropped."""
    metric, policies = factory.metric, factory.policies
    metric_version = f"{metric.name} {metric.version}" if metric else "nobody"
    resizer = load_resizer(policies[0].resizer).version()
    cropper = [_cropper_version()] if crops else []
    codec_versions = (f"{name} {each.version()}" for name, each in factory.codecs.items())
    signed_by = factory.signer.version if factory.signer is not None else ""
    codes = [code, *filter(None, [themes.foreign_versions(), "CI" if in_ci() else "", signed_by])]
    return "\n".join([*codes, resizer, metric_version, repr([*policies]), *cropper, *codec_versions])


def _code(memory: BuildMemory | None) -> str:
    """Return the digest of the code that this process runs: it stays when files are updated under it."""
    if memory is None:
        return build_state.code_digest()
    memory.code = memory.code or build_state.code_digest()
    return memory.code


def _cropper_version() -> str:
    from imageseo.pipeline.shapes import hero_crops  # few sites have crops

    return hero_crops.version()


def lint_site(
    site: Site,
    settings: Settings,
    *,
    only: frozenset[str] | None = None,
    progress: Progress | None = None,
    command: Command = TYPED,
) -> LintResult:
    """Check a built site with every rule, and with ``frozen`` check its pins too; nothing is written.

    ``only``: ids that are reported; None: all.
    """
    site = site.without(settings.exclude_pages)
    result = parallel.lint_pages(site, settings, workers=worker_count(settings), only=only, progress=progress)
    about_pages = _unpinned_findings(site, settings, command) if settings.frozen else hero_faults.page_findings(site)
    about_heroes = [*hero_faults.source_findings(site), *about_pages]
    if not about_heroes:
        return result
    graded = apply_levels(about_heroes, SeverityLevels.of(settings.lint, only=only))
    findings = sorted([*result.findings, *graded], key=lambda finding: finding.sort_key)
    return replace(result, findings=tuple(findings))


def _unpinned_findings(site: Site, settings: Settings, command: Command) -> Iterator[Finding]:
    """Yield the findings of a frozen build about the site's heroes with recipes."""
    masters = MasterResolver(
        lock=locks.read(site.project / locks.NAME),
        project=site.project,
        store=store(settings, site.project),
        providers=providers(settings, site.project),
        vault=master_store(settings, site.project),
        frozen=True,
        command=command,
    )
    read = request_reader(settings, site.project, masters.providers, base_url=site.base_url)
    requests: list[HeroRequest] = []
    locations: list[Location] = []
    for page in site.pages:
        try:
            request = read(page)
        except RecipeError as error:
            yield hero_faults.hero_fault_finding(page, error, site.project)
            continue
        if request is not None and request.recipe is not None:
            requests.append(request)
            locations.append(location_of(page))
    for request, location in zip(requests, locations, strict=True):
        yield from masters.resolve(request, location, beside=lambda: requests).findings
