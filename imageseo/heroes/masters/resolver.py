"""From recipes to masters for a build: what is pinned is verified, the rest drawn into the store or refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from imageseo.heroes.lock import lock as locks
from imageseo.heroes.lock.lock import Lock
from imageseo.heroes.masters.store import FolderMasterStore, restore_hint
from imageseo.heroes.recipes import asset_providers, seed_series
from imageseo.heroes.recipes.diff import changed, leaves
from imageseo.model.errors import ImageseoError, ProviderError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.hero import HeroRequest, PictureText, Pin, Recipe
from imageseo.model.image import Rights
from imageseo.model.protocols import HeroProvider, MasterStore, Store

Command = Callable[[str], str]
TYPED: Command = "imageseo generate {}".format


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedMaster:
    """The picture that a recipe led to.

    ``sha256``: of the PNG, bare hex. ``file``: relative to the project, or absolute; ``None`` when it lies in the store
    only. ``read``: the PNG, verified again; raises LockError or StoreError when it is gone or damaged since.
    ``prompt``: what its maker was asked for.
    ``rights``, ``said``: of a picture that was found; ``digital_source_type`` is ``""`` for one that does not say it.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What became of a request: a picture or none, and what has to be said."""

    master: ResolvedMaster | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True, kw_only=True)
class MasterResolver:
    """Leads recipes to masters for one build; writes nothing but the store.

    A master is verified once a build, however many pages show it. ``command``: page -> what pins its hero, as it can
    be typed where the build runs. ``vault``: where masters lie, the project when it is not given.
    """

    lock: Lock
    project: Path
    store: Store
    providers: Mapping[str, HeroProvider]
    frozen: bool = False
    command: Command = TYPED
    vault: MasterStore | None = None
    _digests: dict[str, str | None] = field(default_factory=dict)
    _files: dict[str, str | None] = field(default_factory=dict)
    _seeds: Mapping[str, int] | None = None  # page -> what it draws from its series

    def resolve(
        self, request: HeroRequest, location: Location, *, beside: Callable[[], Iterable[HeroRequest]] = tuple
    ) -> Resolution:
        """The master of a request's recipe (ValueError when it has none). A fault of the page is a finding.

        ``hero-unpinned``: warning for what was drawn into the store, error when that is not allowed.
        ``hero-stale``: warning; the pin stands although what the recipe took from the page (its title) changed.
        ``hero-master``: the pinned file is gone or damaged. ``hero-provider``, ``hero-recipe``, ``hero-store``:
        it cannot be drawn or kept. Errors come with ``fails_build``.

        ``beside``: what all pages of the site ask for; asked for once, when a series' next seed has to be drawn.
        """
        recipe = request.recipe
        if recipe is None:
            raise ValueError(f"the hero of {request.page} is a file, not a recipe")
        recipe = self.lock.with_pinned_seed(recipe, request.page, request.derived)
        seed = self._seed(request, beside)
        recipe = recipe if seed is None else replace(recipe, seed=seed)
        pin = self.lock.find(recipe.key, request.page, own=asset_providers.needs_own_picture(self.providers, recipe))
        if pin is not None:
            return self._pinned(pin, request.page, location)
        pin = self.lock.stale_pin(recipe, request.page, request.derived, request.evidence.get("words"))
        if pin is not None:
            resolution = self._pinned(pin, request.page, location)
            return replace(
                resolution, findings=(*resolution.findings, _stale(pin, recipe, location, self.command(request.page)))
            )
        command = self.command(request.page)
        why = _why_unpinned(recipe, self.lock.of_page(request.page))
        provider = self.providers.get(recipe.provider)
        if self.frozen:
            return _fault("hero-unpinned", f"{why}, and the build is frozen", location, f"run `{command}` and commit")
        if provider is None:
            unknown = unknown_provider(recipe.provider, self.providers)
            return _fault("hero-provider", f"{request.origin}: {unknown.message}", location, unknown.hint)
        if not provider.reproducible:
            problem = f"{why}, and a build never asks {recipe.provider}"
            return _fault("hero-unpinned", problem, location, f"run `{command}` and commit")
        return self._drawn(recipe, provider, location, why, command)

    def _seed(self, request: HeroRequest, beside: Callable[[], Iterable[HeroRequest]]) -> int | None:
        """The seed that ``generate`` would give a page of a series; None where it has one already."""
        if not request.seeds or "seed" not in request.derived or self.lock.of_page(request.page):
            return None
        if self._seeds is None:
            asked = {each.page: each for each in beside() if each.recipe is not None}
            self._seeds = seed_series.drawn({**asked, request.page: request}, self.lock.pins)
        return self._seeds.get(request.page)

    def _pinned(self, pin: Pin, page: str, location: Location) -> Resolution:
        vault = self.vault or FolderMasterStore(self.project, ".")
        if pin.file not in self._digests:
            self._digests[pin.file] = vault.digest(pin.file)
        digest = self._digests[pin.file]
        if digest != pin.file_sha256:
            hint = f"{restore_hint(vault)}, or make it anew: `{self.command(page)}`"
            if digest is not None:
                hint += "; to show a picture of your own, name its file as the hero"
            return _fault("hero-master", locks.broken(pin.file, pin.file_sha256, digest, page=pin.page), location, hint)
        return Resolution(
            master=ResolvedMaster(
                sha256=pin.file_sha256.removeprefix("sha256:"),
                width=pin.width,
                height=pin.height,
                digital_source_type=pin.digital_source_type,
                file=self._file(pin, vault),
                read=partial(vault.read, pin.file, pin.file_sha256),
                rights=pin.rights,
                said=PictureText.of(pin.env),
                prompt=_prompt(pin.recipe),
            )
        )

    def _file(self, pin: Pin, vault: MasterStore) -> str | None:
        """Where the encoder finds a pinned master; one that has no place of its own is given one in the store."""
        if pin.file not in self._files:
            path = vault.path(pin.file)
            if path is None:
                self.store.put(pin.file_sha256.removeprefix("sha256:"), vault.read(pin.file, pin.file_sha256))
            inside = path is not None and path == self.project / pin.file
            self._files[pin.file] = None if path is None else pin.file if inside else str(path.absolute())
        return self._files[pin.file]

    def _drawn(self, recipe: Recipe, provider: HeroProvider, location: Location, why: str, command: str) -> Resolution:
        key = drawn_key(provider, recipe)
        stored = self.store.find(key)
        if stored is None:
            try:
                stored = self.store.put(key, _draw(provider, recipe))
            except ImageseoError as error:
                return _fault(f"hero-{error.id}", error.message, location, error.hint)
        notes = "".join(f"; {note}" for note in provider.notes(recipe))
        finding = Finding(
            rule="hero-unpinned",
            severity=Severity.WARN,
            message=f"{why}: drawn into the cache{notes}",
            location=location,
            hint=f"run `{command}`, then commit the picture and {locks.NAME}",
        )

        def read() -> bytes:
            data = self.store.read(stored)
            if data is None:  # damaged or swept away since: equal recipes give equal bytes
                data = _draw(provider, recipe)
                self.store.put(key, data)
            return data

        master = ResolvedMaster(
            sha256=stored.sha256.removeprefix("sha256:"),
            width=recipe.width,
            height=recipe.height,
            digital_source_type=provider.digital_source_type,
            file=None,
            read=read,
        )
        return Resolution(master=master, findings=(finding,))


def drawn_key(provider: HeroProvider, recipe: Recipe) -> str:
    """Where a build leaves what it drew without a pin."""
    return hashlib.sha256(f"hero {provider.name} {provider.version} {recipe.key}".encode()).hexdigest()


def _draw(provider: HeroProvider, recipe: Recipe) -> bytes:
    return next(iter(provider.produce([recipe]))).png


def _prompt(recipe: Recipe) -> str | None:
    prompt = recipe.options.get("prompt")
    return prompt if isinstance(prompt, str) and prompt else None


def _stale(pin: Pin, recipe: Recipe, location: Location, command: str) -> Finding:
    keys = changed(pin.recipe, recipe)
    old, new = leaves(pin.recipe), leaves(recipe)
    was = ", ".join(f"{key} {old.get(key)!r}, now {new.get(key)!r}" for key in keys)
    kept = " and ".join(f"`{key.rpartition('.')[2]}`" for key in keys)
    return Finding(
        rule="hero-stale",
        severity=Severity.WARN,
        message=f"the pinned hero was made for what the page said then: {was}",
        location=location,
        hint=f"draw it anew with `{command}`, or write the old {kept} in the recipe to keep it as it is",
    )


def _why_unpinned(recipe: Recipe, pin: Pin | None) -> str:
    if pin is None:
        return "the hero is not pinned"
    return f"the hero's recipe changed since it was pinned ({', '.join(changed(pin.recipe, recipe))})"


def unknown_provider(name: str, providers: Mapping[str, HeroProvider]) -> ProviderError:
    """What to say of a provider that nobody knows."""
    known = ", ".join(sorted(providers)) or "none"
    return ProviderError(f"there is no hero provider {name!r}", hint=f"known: {known}")


def _fault(rule: str, message: str, location: Location, hint: str) -> Resolution:
    finding = Finding(
        rule=rule, severity=Severity.ERROR, message=message, location=location, hint=hint, fails_build=True
    )
    return Resolution(findings=(finding,))
