"""The pages of a run and the hero requests that they make, for every command that makes heroes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from imageseo.heroes.audit.entry import AuditEntry
from imageseo.heroes.audit.log import AuditLog, records_folder
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.policy.rules import Policy
from imageseo.integrations.project import ListedPages, Project
from imageseo.model.errors import ImageseoError, PolicyError, RecipeError, SiteError
from imageseo.model.hero import HeroRequest
from imageseo.model.progress import Progress
from imageseo.model.protocols import HeroProvider
from imageseo.model.site import Page
from imageseo.model.suggest import closest

_UNLISTED_HINT = (
    "a page that a plugin creates during the build is not among the sources: "
    "declare its hero by URL in heroes.toml, with a seed, and run `imageseo generate --site DIR`"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateInputs:
    """The pages and hero requests of one run.

    ``listed``: all known pages. ``selected``: those to make heroes for; ``by_name``: whether the user named them.
    ``faults``: page and error of each invalid request.
    """

    listed: ListedPages
    selected: Sequence[Page]
    by_name: bool
    providers: Mapping[str, HeroProvider]
    read: Callable[[Page], HeroRequest | None]
    requests: Sequence[HeroRequest]
    faults: Sequence[tuple[str, ImageseoError]]

    @classmethod
    def of(cls, project: Project, names: Sequence[str], root: Path | None, progress: Progress) -> GenerateInputs:
        from imageseo.pipeline import composition

        listed = project.pages(root)
        selected = find_pages(listed.pages, names, project.folder) if names else listed.pages
        providers = composition.providers(project.settings, project.folder, progress=progress)
        read = composition.request_reader(project.settings, project.folder, providers, base_url=project.base_url)
        read = Policy(settings=project.settings.policy, project=project.folder).guarded(read, providers)
        requests: list[HeroRequest] = []
        faults: list[tuple[str, ImageseoError]] = []
        for page in selected:
            try:
                request = read(page)
            except RecipeError as error:
                faults.append((page.key, error))
            else:
                requests += [request] if request is not None else []
        return cls(
            listed=listed,
            selected=selected,
            by_name=bool(names),
            providers=providers,
            read=read,
            requests=requests,
            faults=faults,
        )

    def refuse_unfit(self) -> None:
        """Raise RecipeError for an invalid request, and SiteError for a named page that requests no recipe."""
        for _, fault in self.faults:
            raise fault
        able = {request.page for request in self.requests if request.recipe is not None}
        unable = [page.key for page in self.selected if page.key not in able] if self.by_name else []
        if unable:
            raise SiteError(
                f"{unable[0]}: this page requests no hero that is made from a recipe",
                hint="write one, such as `hero: {style: ridges, alt: …}`, or declare a file: `hero: {src: …}`",
            )

    @property
    def present(self) -> Collection[str] | None:
        """Keys of all pages; None unless all are known."""
        return {page.key for page in self.listed.pages} if self.listed.is_complete else None

    @property
    def redraw(self) -> Collection[str]:
        """Keys of the pages that were named: their masters are redrawn even if the file was edited."""
        return {page.key for page in self.selected} if self.by_name else ()

    def may_prune(self, project: Project, root: Path | None, *, prune: bool = False) -> Callable[[str], bool] | None:
        """Return whether the pin of a page without a request may be dropped; None: no pin may be.

        ``prune``: as in ``generate``.
        """
        if not (prune or (self.listed.is_complete and not self.by_name and not self.faults)):
            return None
        protected = {page for page, _ in self.faults} | {*self.listed.faults}
        protected |= self.unselected_with_hero() if prune else set()
        listed = {page.key for page in self.listed.pages}

        def may_prune(page: str) -> bool:
            # A source that the generator does not publish now, such as a draft, may still request its hero.
            unpublished = page not in listed and (project.folder / page).is_file()
            return page not in protected and (prune or (_is_in_sources(page, project, root) and not unpublished))

        return may_prune

    def unselected_with_hero(self) -> set[str]:
        """Return the keys of unselected pages that request a hero, or whose request is invalid."""
        selected = {page.path for page in self.selected}
        found = set[str]()
        for page in self.listed.pages:
            if page.path not in selected:
                with suppress(RecipeError):
                    request = self.read(page)
                    if request is None or request.recipe is None:
                        continue
                found.add(page.key)
        return found


def _is_in_sources(page: str, project: Project, root: Path | None) -> bool:
    """Whether the sources decide about a page's hero; not for a page that a plugin made, whose key is its HTML file."""
    if root is not None or project.generator is None or not page.endswith((".html", ".htm")):
        return True
    return (project.folder / page).resolve().is_relative_to(project.generator.source.resolve())


def audit_log(project: Project) -> AuditLog | None:
    """Return the audit log of a project; None if its policy wants none."""
    policy, hero = project.settings.policy, project.settings.hero
    if not policy.audit:
        return None
    return AuditLog.of(hero, project.folder, note=project.note, text=policy.log_prompts)


def record_refusals(audit: AuditLog | None, faults: Iterable[tuple[str, ImageseoError]]) -> None:
    """Record the recipes that the policy refuses: one line each, without the words of the prompt."""
    refused = [(page, error) for page, error in faults if isinstance(error, PolicyError)]
    if audit is not None and refused:
        audit.append(*(AuditEntry(event="refused", page=page, reason=error.record) for page, error in refused))


def record_models(project: Project) -> None:
    """Write a card of each model that pinned heroes were made with, beside their masters. Raises SiteError."""
    from imageseo.heroes.evidence import model_cards

    pins = [pin for pin in locks.read(project.folder / locks.NAME).pins if pin.models or "model" in pin.recipe.options]
    if pins:
        folder = records_folder(project.settings.hero.masters, project.folder) / model_cards.FOLDER
        model_cards.write(folder, model_cards.cards(pins, project.settings.policy, project.folder))


def find_pages(pages: Sequence[Page], names: Sequence[str], folder: Path) -> list[Page]:
    by_name: dict[str, Page] = {}
    for page in pages:
        for name in (page.path, page.url, page.url.rstrip("/"), page.key):
            by_name.setdefault(name, page)
    found: dict[str, Page] = {}
    for name in names:
        spelling = next((spelling for spelling in spellings(name, folder) if spelling in by_name), None)
        if spelling is None:
            near = closest(name, [page.key for page in pages], cutoff=0.4)
            hint = f"did you mean {near}? " if near else "name its source file, its file in the built site or its URL; "
            raise SiteError(f"{name}: no such page", hint=hint + _UNLISTED_HINT)
        found[by_name[spelling].path] = by_name[spelling]
    return list(found.values())


def spellings(name: str, folder: Path) -> list[str]:
    """Return a page's name as written, and as a path in the project if it is relative to the current folder."""
    path, top = Path(name).resolve(), folder.resolve()
    inside = [path.relative_to(top).as_posix()] if path.is_relative_to(top) else []
    return [each for each in (*inside, PurePosixPath(name).as_posix(), name.lstrip("/"), name) if Path(each).name]
