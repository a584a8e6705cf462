"""From recipes to masters: ``generate`` makes and pins them, ``Heroes.resolve`` finds them for a build."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath

from imageseo import lock as locks
from imageseo.errors import ImageseoError, ProviderError
from imageseo.files import write_atomic
from imageseo.lock import Lock
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.hero import HeroRequest, Master, Pin, Recipe
from imageseo.ports import HeroProvider, Progress, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The picture that a recipe led to.

    ``sha256``: of the PNG, bare hex. ``file``: relative to the project, ``None`` when it lies in the store only.
    ``read``: the PNG, verified again; raises LockError or StoreError when it is gone or damaged since.
    """

    sha256: str
    width: int
    height: int
    digital_source_type: str
    file: str | None
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What became of a request: a picture or none, and what has to be said."""

    master: Resolved | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One hero that ``generate`` made. ``reason``: ``missing``, ``changed``, ``gone`` or ``damaged``."""

    page: str
    file: str
    reason: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateResult:
    """``kept``: pages whose pin stood. ``shared``: pages that took over the pin of an equal recipe (a moved page).

    ``pruned``: pages whose pins were dropped. ``failed``: page and fault; the others were made all the same.
    """

    made: tuple[Made, ...] = ()
    kept: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()
    failed: tuple[tuple[str, ImageseoError], ...] = ()


@dataclass(slots=True, kw_only=True)
class Heroes:
    """Leads recipes to masters for one build; writes nothing but the store.

    A master is verified once a build, however many pages show it.
    """

    lock: Lock
    project: Path
    store: Store
    providers: Mapping[str, HeroProvider]
    frozen: bool = False
    _digests: dict[str, str | None] = field(default_factory=dict)

    def resolve(self, request: HeroRequest, location: Location) -> Resolution:
        """The master of a request's recipe (ValueError when it has none). A fault of the page is a finding.

        ``hero-unpinned``: warning for what was drawn into the store, error when that is not allowed.
        ``hero-master``: the pinned file is gone or damaged. ``hero-provider``, ``hero-recipe``, ``hero-store``:
        it cannot be drawn or kept. Errors come with ``fails_build``.
        """
        recipe = request.recipe
        if recipe is None:
            raise ValueError(f"the hero of {request.page} is a file, not a recipe")
        pin = self.lock.find(recipe.key, request.page)
        if pin is not None:
            return self._pinned(pin, request.page, location)
        command = f"imageseo generate {request.page}"
        why = _why_unpinned(recipe, self.lock.of_page(request.page))
        provider = self.providers.get(recipe.provider)
        if self.frozen:
            return _fault("hero-unpinned", f"{why}, and the build is frozen", location, f"run `{command}` and commit")
        if provider is None:
            unknown = _unknown(recipe.provider, self.providers)
            return _fault("hero-provider", f"{request.origin}: {unknown.message}", location, unknown.hint)
        if not provider.reproducible:
            problem = f"{why}, and a build never asks {recipe.provider}"
            return _fault("hero-unpinned", problem, location, f"run `{command}` and commit")
        return self._drawn(recipe, provider, location, why, command)

    def _pinned(self, pin: Pin, page: str, location: Location) -> Resolution:
        if pin.file not in self._digests:
            self._digests[pin.file] = locks.digest(self.project / pin.file)
        digest = self._digests[pin.file]
        if digest != pin.file_sha256:
            hint = f"take it back from version control, or make it anew: `imageseo generate {page}`"
            if digest is not None:
                hint += "; to show a picture of your own, name its file as the hero"
            return _fault("hero-master", locks.broken(pin, digest), location, hint)
        return Resolution(
            master=Resolved(
                sha256=pin.file_sha256.removeprefix("sha256:"),
                width=pin.width,
                height=pin.height,
                digital_source_type=pin.digital_source_type,
                file=pin.file,
                read=partial(locks.load_master, self.project, pin),
            )
        )

    def _drawn(self, recipe: Recipe, provider: HeroProvider, location: Location, why: str, command: str) -> Resolution:
        key = hashlib.sha256(f"hero {provider.name} {provider.version} {recipe.key}".encode()).hexdigest()
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

        master = Resolved(
            sha256=stored.sha256.removeprefix("sha256:"),
            width=recipe.width,
            height=recipe.height,
            digital_source_type=provider.digital_source_type,
            file=None,
            read=read,
        )
        return Resolution(master=master, findings=(finding,))


def generate(
    requests: Iterable[HeroRequest],
    *,
    providers: Mapping[str, HeroProvider],
    project: Path,
    masters: str,
    lock_path: Path | None = None,
    prune: bool = False,
    progress: Progress | None = None,
) -> GenerateResult:
    """Make the heroes that are missing or changed; each is pinned as soon as it is made.

    ``requests``: those without a recipe are passed over. ``masters``: folder relative to ``project``.
    ``prune``: drop the pins of pages that have no request; pass every page of the site then.
    A recipe that fails is an entry of ``failed``. LockError and OSError stop the work; what is pinned stays.
    """
    path = lock_path or project / locks.NAME
    lock = old = locks.read(path)
    wanted = {request.page: request.recipe for request in requests if request.recipe is not None}
    kept: list[str] = []
    shared: list[str] = []
    made: list[Made] = []
    failed: list[tuple[str, ImageseoError]] = []
    todo: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for page, recipe in sorted(wanted.items()):
        pin = lock.find(recipe.key, page)
        digest = locks.digest(project / pin.file) if pin else None
        if pin is None or digest != pin.file_sha256:
            reason = (
                ("gone" if digest is None else "damaged") if pin else "changed" if lock.of_page(page) else "missing"
            )
            todo.setdefault(recipe.provider, {}).setdefault(recipe.key, []).append((page, reason))
        elif pin.page == page:
            kept.append(page)
        else:
            shared.append(page)
            lock = lock.with_pin(replace(pin, page=page))
    pruned = tuple(pin.page for pin in lock.pins if prune and pin.page not in wanted)
    lock = _commit(path, project, old, lock.without(pruned))
    total = sum(map(len, todo.values()))
    with progress.task("Heroes", total) if progress and total else nullcontext() as step:
        for name, jobs in sorted(todo.items()):
            recipes = [wanted[pages[0][0]] for pages in jobs.values()]
            for pages, recipe, outcome in zip(jobs.values(), recipes, _produce(name, recipes, providers), strict=True):
                if isinstance(outcome, ImageseoError):
                    failed.extend((page, outcome) for page, _ in pages)
                else:
                    pin = _keep(pages[0][0], recipe, outcome, project, masters)
                    new = lock
                    for page, reason in pages:
                        new = new.with_pin(replace(pin, page=page))
                        made.append(Made(page=page, file=pin.file, reason=reason, notes=outcome.notes))
                    lock = _commit(path, project, lock, new)
                if step:
                    step.advance()
    return GenerateResult(made=tuple(made), kept=tuple(kept), shared=tuple(shared), pruned=pruned, failed=tuple(failed))


def _produce(
    name: str, recipes: list[Recipe], providers: Mapping[str, HeroProvider]
) -> Iterator[Master | ImageseoError]:
    """One outcome a recipe. After a fault the provider is asked again for the rest."""
    provider = providers.get(name)
    if provider is None:
        yield from (_unknown(name, providers) for _ in recipes)
        return
    done = 0
    while done < len(recipes):
        try:
            for master in provider.produce(recipes[done:]):
                done += 1
                yield master
            if done < len(recipes):
                raise ProviderError(f"{name} made {done} of {len(recipes)} heroes and stopped")
        except ImageseoError as error:
            done += 1
            yield error


def _draw(provider: HeroProvider, recipe: Recipe) -> bytes:
    return next(iter(provider.produce([recipe]))).png


def _keep(page: str, recipe: Recipe, master: Master, project: Path, masters: str) -> Pin:
    """Write the master and say what it is. The name holds the picture's own hash: a new picture, a new name."""
    from PIL import Image

    digest = hashlib.sha256(master.png).hexdigest()
    with Image.open(io.BytesIO(master.png)) as image:
        width, height = image.size
        pixels = hashlib.sha256(f"{image.mode} {width}x{height}\n".encode() + image.tobytes()).hexdigest()
    file = (PurePosixPath(masters) / locks.master_name(page, digest)).as_posix()
    write_atomic(project / file, master.png)
    return Pin(
        page=page,
        recipe=recipe,
        recipe_hash=recipe.key,
        file=file,
        file_sha256=f"sha256:{digest}",
        pixels_sha256=f"sha256:{pixels}",
        digital_source_type=master.digital_source_type,
        width=width,
        height=height,
    )


def _commit(path: Path, project: Path, old: Lock, new: Lock) -> Lock:
    """Write the lock, then remove the masters that it names no more, as long as they are what was pinned."""
    if new == old:
        return new
    locks.write(path, new)
    named = {pin.file for pin in new.pins}
    for pin in old.pins:
        if pin.file not in named and locks.digest(project / pin.file) == pin.file_sha256:
            (project / pin.file).unlink(missing_ok=True)
    return new


def _why_unpinned(recipe: Recipe, pin: Pin | None) -> str:
    if pin is None:
        return "the hero is not pinned"
    return f"the hero's recipe changed since it was pinned ({', '.join(locks.changed(pin.recipe, recipe))})"


def _unknown(name: str, providers: Mapping[str, HeroProvider]) -> ProviderError:
    known = ", ".join(sorted(providers)) or "none"
    return ProviderError(f"there is no hero provider {name!r}", hint=f"known: {known}")


def _fault(rule: str, message: str, location: Location, hint: str) -> Resolution:
    finding = Finding(
        rule=rule, severity=Severity.ERROR, message=message, location=location, hint=hint, fails_build=True
    )
    return Resolution(findings=(finding,))
