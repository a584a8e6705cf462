"""Resolve recipes to masters for a build: verify pinned masters; draw others into the cache, or reject them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from imageseo.heroes.lock import lock as locks
from imageseo.heroes.lock.lock import Lock
from imageseo.heroes.masters import drafts
from imageseo.heroes.masters.master_check import checked_png, origin_of
from imageseo.heroes.masters.pin_mismatch import stale_finding, why_unpinned
from imageseo.heroes.masters.store import FolderMasterStore, restore_hint
from imageseo.heroes.masters.stored_drawing import StoredDrawing, kept_notes
from imageseo.heroes.recipes import asset_providers, seed_series
from imageseo.model.errors import ImageseoError, PointerError, ProviderError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.hero import ADOPTED, HeroRequest, PictureText, Pin, Recipe
from imageseo.model.image import Rights
from imageseo.model.protocols import HeroProvider, MasterStore, Store
from imageseo.model.redrawing import CardProvider

Command = Callable[[str], str]
TYPED: Command = "imageseo generate {}".format


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedMaster:
    """The master image of a recipe.

    ``sha256``: of the PNG, bare hex. ``file``: relative to the project, or absolute; ``None`` if it is only in the
    store. ``read``: return the PNG, verified again; raises LockError or StoreError if it is now missing or damaged.
    ``prompt``: of the recipe. ``rights``, ``said``: rights and texts of a library image; its ``digital_source_type``
    is ``""`` if it is unknown. ``recipe``: what it was drawn from; None for an image from elsewhere. ``pixels``: the
    hash of its pixels that its pin records; None if this build drew it.
    """

    sha256: str
    width: int
    height: int
    digital_source_type: str
    file: str | None
    read: Callable[[], bytes]
    rights: Rights = field(default_factory=Rights)
    said: PictureText = field(default_factory=PictureText)
    prompt: str | None = None
    recipe: Recipe | None = None
    pixels: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The result for a request: its master, if any, and findings."""

    master: ResolvedMaster | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True, kw_only=True)
class MasterResolver:
    """Resolves recipes to masters for one build; only writes to the store.

    A master is verified once per build, however many pages use it. ``command``: page -> the command that pins its
    hero, as typed in the current folder. ``drafts``: show stand-ins of heroes that only ``generate`` can make.
    ``vault``: the master store; default: the project folder.
    """

    lock: Lock
    project: Path
    store: Store
    providers: Mapping[str, HeroProvider]
    frozen: bool = False
    drafts: bool = False
    command: Command = TYPED
    vault: MasterStore | None = None
    _digests: dict[str, str | None] = field(default_factory=dict)
    _files: dict[str, str | None] = field(default_factory=dict)
    _seeds: Mapping[str, int] | None = None  # page -> seed assigned from its series

    def resolve(
        self, request: HeroRequest, location: Location, *, beside: Callable[[], Iterable[HeroRequest]] = tuple
    ) -> Resolution:
        """Return the master of a request's recipe, with faults of the page as findings. ValueError without recipe.

        ``hero-unpinned``: warning if the master was drawn into the store, error if that is not allowed.
        ``hero-stale``: warning; the pin is used although the recipe's text from the page (its title) has changed.
        ``hero-master``: the pinned file is missing or damaged. ``hero-provider``, ``hero-recipe``, ``hero-store``:
        it cannot be drawn or stored. Errors have ``fails_build``.

        ``beside``: returns the requests of all pages; called once, when a seed of a series has to be assigned.
        """
        recipe = request.recipe
        if recipe is None:
            raise ValueError(f"the hero of {request.page} is a file, not a recipe")
        recipe = self.lock.with_pinned_choice(request, recipe)
        seed = self._series_seed(request, beside)
        recipe = recipe if seed is None else replace(recipe, seed=seed)
        pin = self.lock.find(recipe.key, request.page, own=asset_providers.needs_own_picture(self.providers, recipe))
        if pin is not None:
            return self._resolve_pin(pin, request.page, location)
        pin = self.lock.stale_pin(recipe, request.page, request.derived, request.evidence.get("words"))
        if pin is not None:
            resolution = self._resolve_pin(pin, request.page, location)
            return replace(
                resolution,
                findings=(*resolution.findings, stale_finding(pin, recipe, location, self.command(request.page))),
            )
        command = self.command(request.page)
        reason = why_unpinned(recipe, self.lock.of_page(request.page))
        provider = self.providers.get(recipe.provider)
        if self.frozen:
            return _fault(
                "hero-unpinned", f"{reason}, and the build is frozen", location, f"run `{command}` and commit"
            )
        if provider is None:
            unknown = unknown_provider(recipe.provider, self.providers)
            return _fault("hero-provider", f"{request.origin}: {unknown.message}", location, unknown.hint)
        if not provider.reproducible:
            problem = f"{reason}, and {recipe.provider} never runs in a build"
            painter = drafts.painter_of(self.providers) if self.drafts else None
            if painter is None:
                return _fault("hero-unpinned", problem, location, f"run `{command}` and commit")
            return self._draw_draft(recipe, painter, location, problem, command)
        return self._draw_unpinned(recipe, provider, location, reason, command)

    def _series_seed(self, request: HeroRequest, beside: Callable[[], Iterable[HeroRequest]]) -> int | None:
        """Return the seed that ``generate`` would assign to a page of a series; None if the page has a seed."""
        if not request.seeds or "seed" not in request.derived or self.lock.of_page(request.page):
            return None
        if self._seeds is None:
            requests = {each.page: each for each in beside() if each.recipe is not None}
            self._seeds = seed_series.assign_seeds({**requests, request.page: request}, self.lock.pins)
        return self._seeds.get(request.page)

    def _resolve_pin(self, pin: Pin, page: str, location: Location) -> Resolution:
        vault = self.vault or FolderMasterStore(self.project, ".")
        if pin.file not in self._digests:
            try:
                self._digests[pin.file] = vault.digest(pin.file)
            except PointerError as error:
                return _fault("hero-master", f"{error.message} ({locks.NAME} pins it)", location, error.hint)
        digest = self._digests[pin.file]
        if digest != pin.file_sha256:
            hint = f"{restore_hint(vault)}, or regenerate it: `{self.command(page)}`"
            if digest is not None:
                hint += "; to use an image of your own, declare its file as the hero"
            return _fault(
                "hero-master", locks.describe_mismatch(pin.file, pin.file_sha256, digest, page=pin.page), location, hint
            )
        return Resolution(
            master=ResolvedMaster(
                sha256=pin.file_sha256.removeprefix("sha256:"),
                width=pin.width,
                height=pin.height,
                digital_source_type=pin.digital_source_type,
                file=self._find_file(pin, vault),
                read=partial(vault.read, pin.file, pin.file_sha256),
                rights=pin.rights,
                said=PictureText.of(pin.env),
                prompt=_prompt_of(pin.recipe),
                recipe=None if ADOPTED in pin.env else pin.recipe,
                pixels=pin.pixels_sha256,
            )
        )

    def _find_file(self, pin: Pin, vault: MasterStore) -> str | None:
        """Return the file of a pinned master; None if it has no local file, after copying it into the store."""
        if pin.file not in self._files:
            path = vault.path(pin.file)
            if path is None:
                self.store.put(pin.file_sha256.removeprefix("sha256:"), vault.read(pin.file, pin.file_sha256))
            in_project = path is not None and path == self.project / pin.file
            self._files[pin.file] = None if path is None else pin.file if in_project else str(path.absolute())
        return self._files[pin.file]

    def _draw_draft(
        self, recipe: Recipe, painter: HeroProvider, location: Location, problem: str, command: str
    ) -> Resolution:
        """Return a stand-in that is marked as a draft, for a hero that no build can make."""
        hint = f"run `{command}` where its model or library is, then commit the image and {locks.NAME}"
        try:
            master = self._drawn(recipe, painter, drafts.draft_key(painter, recipe), drafts.draw)
        except ImageseoError:  # it is the hero that is missing, not its stand-in
            return _fault("hero-unpinned", problem, location, hint)
        finding = Finding(
            rule="hero-unpinned",
            severity=Severity.WARN,
            message=f"{problem}; the page shows a drawing marked DRAFT instead",
            location=location,
            hint=f"{hint}; in CI (the variable CI) and with `frozen`, this is an error",
        )
        return Resolution(master=master, findings=(finding,))

    def _drawn(
        self, recipe: Recipe, provider: HeroProvider, key: str, draw: Callable[[HeroProvider, Recipe], bytes]
    ) -> ResolvedMaster:
        """Return the master of a drawing in the store, drawn first if needed. Raises ImageseoError."""
        drawing = StoredDrawing(self.store, key, partial(draw, provider, recipe))
        source_type, rights = origin_of(provider, recipe)
        return ResolvedMaster(
            sha256=drawing.stored().sha256.removeprefix("sha256:"),
            width=recipe.width,
            height=recipe.height,
            digital_source_type=source_type,
            file=None,
            read=drawing.read,
            rights=rights,
        )

    def _draw_unpinned(
        self, recipe: Recipe, provider: HeroProvider, location: Location, reason: str, command: str
    ) -> Resolution:
        key = unpinned_key(provider, recipe)
        try:
            master = self._drawn(recipe, provider, key, checked_png)
            found = partial(provider.notes, recipe)
            kept = kept_notes(self.store, key, found) if isinstance(provider, CardProvider) else found()
        except ImageseoError as error:
            return _fault(f"hero-{error.id}", error.message, location, error.hint)
        notes = "".join(f"; {note}" for note in kept)
        finding = Finding(
            rule="hero-unpinned",
            severity=Severity.WARN,
            message=f"{reason}; it was drawn into the cache{notes}",
            location=location,
            hint=f"run `{command}`, then commit the image and {locks.NAME}",
        )
        return Resolution(master=replace(master, recipe=recipe), findings=(finding,))


def unpinned_key(provider: HeroProvider, recipe: Recipe) -> str:
    """Return the store key of a master that a build drew without a pin."""
    return hashlib.sha256(f"hero {provider.name} {provider.version} {recipe.key}".encode()).hexdigest()


def _prompt_of(recipe: Recipe) -> str | None:
    prompt = recipe.options.get("prompt")
    return prompt if isinstance(prompt, str) and prompt else None


def unknown_provider(name: str, providers: Mapping[str, HeroProvider]) -> ProviderError:
    """Return the error for an unknown provider."""
    known = ", ".join(sorted(providers)) or "none"
    return ProviderError(f"unknown hero provider {name!r}", hint=f"known: {known}")


def _fault(rule: str, message: str, location: Location, hint: str) -> Resolution:
    finding = Finding(
        rule=rule, severity=Severity.ERROR, message=message, location=location, hint=hint, fails_build=True
    )
    return Resolution(findings=(finding,))
