"""Commands `pick` and `undo PAGE`: pin a candidate, or go back to the pin that a page had before."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from imageseo.cli.commands.generation.inputs import GenerateInputs, audit_log, find_pages, spellings
from imageseo.heroes.candidates.author_lines import conflicting_options, lines_to_write
from imageseo.heroes.candidates.authorship import Authorship
from imageseo.heroes.candidates.candidates import Candidates, HeroCandidate
from imageseo.heroes.candidates.contact_sheet import format_option
from imageseo.heroes.generate.lock_session import LockSession
from imageseo.heroes.generate.process_lock import single_instance
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.lock.lock import Lock
from imageseo.heroes.masters import store as master_stores
from imageseo.heroes.masters.pin_builder import build_pin
from imageseo.heroes.recipes.picks import keys_to_pick, value_of
from imageseo.integrations.project import Project
from imageseo.model.errors import ImageseoError, LockError, SiteError
from imageseo.model.hero import HeroRequest, Master, Pin
from imageseo.model.progress import Progress
from imageseo.model.site import Page

_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
_HASH = re.compile(r"(?:sha256:)?([0-9a-f]{6,64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class PinChange:
    """The result of a command. ``pin``: None if the page has no pin now. ``number``: of the candidate.

    ``contradicts``: what the page's author wrote differently, with the lines to write instead.
    """

    page: str
    verb: str
    pin: Pin | None = None
    number: int = 0
    contradicts: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()

    def as_text(self) -> str:
        """Return what the page shows now, and what its author has to write."""
        if self.pin is None:
            return f"{self.page}: {self.verb}, the page has no pinned hero as before\n"
        lines = [f"{self.page}: {self.verb} candidate {self.number}, {self.pin.file} (seed {self.pin.recipe.seed})"]
        if self.contradicts:
            said = ", ".join(self.contradicts)
            lines.append(
                f"  but the page says {said}, and what you write there comes first: builds and `imageseo generate` use "
                "the picked image only if you write"
            )
            lines += [f"    {line}" for line in self.lines]
        return "\n".join(lines) + "\n"

    def as_json(self) -> str:
        """Return one JSON object."""
        facts = {
            "version": 1,
            "page": self.page,
            "file": self.pin.file if self.pin is not None else None,
            "sha256": self.pin.file_sha256 if self.pin is not None else None,
            "number": self.number or None,
            "contradicts": list(self.contradicts),
            "lines": list(self.lines),
        }
        return json.dumps(facts, ensure_ascii=False, indent=2) + "\n"


def pick(project: Project, name: str, choice: str, *, root: Path | None, progress: Progress) -> PinChange:
    """Pin the candidate of a page with this number or hash. Raises SiteError, RecipeError, LockError."""
    with _session(project) as (session, candidates, made):
        inputs = GenerateInputs.of(project, [name], root, progress)
        inputs.refuse_unfit()
        request = next(each for each in inputs.requests if each.recipe is not None)
        candidate = _find(candidates, request.page, choice)
        data = _image(candidate, candidates, session, inputs)
        pin = replace(
            candidate.pin,
            made={**made.table(), "status": "picked"},
            picked=keys_to_pick(request, candidate.pin.recipe),
        )
        pin = session.restore(pin, data, how="picked")
    return _changed(inputs.selected[0], request, candidate, pin, verb="picked")


def undo(project: Project, name: str, *, root: Path | None, progress: Progress) -> PinChange:
    """Pin what a page showed before. Raises SiteError if nothing is known, or its image is lost; LockError."""
    with _session(project) as (session, candidates, _):
        page = find_page(project, name, session.lock, candidates, root)
        current = session.lock.of_page(page)
        former = candidates.former(page, current)
        if former is None:
            raise SiteError(
                f"{page}: no earlier hero is known, so there is nothing to undo",
                hint=f"`imageseo history {page}` lists what the page has shown on this machine; "
                f'`imageseo generate --variations "seed=4" {page}` makes others',
            )
        if former.candidate is None and former.line is None:
            session.commit(session.lock.without([page]), how="undone")
            return PinChange(page=page, verb="undone")
        if former.candidate is None:
            raise SiteError(
                f"{page}: the earlier hero cannot be restored: {former.fault}",
                hint=f"`imageseo history {page}` lists others; pin one with `imageseo pick {page} NUMBER`",
            )
        inputs = _inputs(project, page, root, progress)
        data = _image(former.candidate, candidates, session, inputs)
        line = former.line
        pin = replace(
            former.candidate.pin, made=line.made if line else {}, picked=line.picked if line is not None else ()
        )
        pin = session.restore(pin, data, how="undone")
    request = next((each for each in inputs.requests if each.recipe is not None), None) if inputs is not None else None
    selected = inputs.selected[0] if inputs is not None else Page(path=page)
    return _changed(selected, request, former.candidate, pin, verb="back to")


def is_known(project: Project, name: str) -> bool:
    """Whether a page of that name has a pin or a history."""
    candidates = Candidates.of(project.settings.hero, project.folder)
    return is_page(project, name) or any(
        candidates.journal(spelling).lines for spelling in spellings(name, project.folder)
    )


def is_page(project: Project, name: str) -> bool:
    """Whether a name is that of a page with a pin."""
    lock = locks.read(project.folder / locks.NAME)
    return any(lock.of_page(spelling) is not None for spelling in spellings(name, project.folder))


def find_page(project: Project, name: str, lock: Lock, candidates: Candidates, root: Path | None) -> str:
    """Return the page's name in the lock file. Raises SiteError."""
    for spelling in spellings(name, project.folder):
        if lock.of_page(spelling) is not None or candidates.journal(spelling).lines:
            return spelling
    (page,) = find_pages(project.pages(root).pages, [name], project.folder)
    return page.key


@contextmanager
def _session(project: Project) -> Iterator[tuple[LockSession, Candidates, Authorship]]:
    """Open lock, masters and candidates of a project; another process that changes them is waited for."""
    settings = project.settings
    cache = project.folder / settings.cache_dir
    with single_instance(cache / "generate.busy", project.note):
        made = Authorship.of(settings.hero.made_by, project.folder)
        candidates = Candidates.of(settings.hero, project.folder)
        vault = master_stores.open_master_store(settings.hero.masters, project.folder, cache, fresh=True)
        path = project.folder / locks.NAME
        session = LockSession(path=path, vault=vault, candidates=candidates, made=made.table, audit=audit_log(project))
        yield session, candidates, made


def _inputs(project: Project, page: str, root: Path | None, progress: Progress) -> GenerateInputs | None:
    """Return the page's request; None if it cannot be read, which keeps no pin from being restored."""
    try:
        return GenerateInputs.of(project, [page], root, progress)
    except ImageseoError:
        return None


def _find(candidates: Candidates, page: str, choice: str) -> HeroCandidate:
    known = candidates.of_page(page)
    text = choice.strip().lower()
    listed = f"it has the numbers {_numbers(known)}" if known else "it has none"
    more = (
        f'`imageseo generate --variations "seed=4" {page}` makes some; `imageseo history {page}` lists what was shown'
    )
    if _NUMBER.fullmatch(text):
        found = [each for each in known if each.number == int(text)]
        what = f"no candidate {text}"
    elif (match := _HASH.fullmatch(text)) is not None:
        found = [each for each in known if each.sha256.startswith(match[1])]
        what = f"no candidate whose hash begins with {match[1][:16]}"
        if len(found) > 1:
            numbers = _numbers(found)
            raise SiteError(f"{page}: {len(found)} candidates begin with {text}", hint=f"name one of {numbers}")
    else:
        raise SiteError(
            f"{choice!r} is neither the number nor the hash of a candidate",
            hint="as on the contact sheet: 3, or 1a2b3c",
        )
    if not found:
        raise SiteError(f"{page}: {what}, {listed}", hint=more)
    return found[0]


def _numbers(candidates: Sequence[HeroCandidate]) -> str:
    numbers = [str(each.number) for each in candidates]
    return ", ".join(numbers[:20]) + (f" … {numbers[-1]}" if len(numbers) > 20 else "")


def _image(
    candidate: HeroCandidate, candidates: Candidates, session: LockSession, inputs: GenerateInputs | None
) -> bytes:
    """Return the image of a candidate: as kept, else the pinned master, else made again. Raises SiteError."""
    data = candidates.read(candidate)
    if data is None:
        try:
            data = session.vault.read(session.vault.file(candidate.pin.file), candidate.pin.file_sha256)
        except LockError:
            data = _remade(candidate, inputs)
    return data


def _remade(candidate: HeroCandidate, inputs: GenerateInputs | None) -> bytes:
    """Make a lost image again, and return it if it has the same hash. Raises SiteError, and errors of the provider."""
    from imageseo.heroes.generate.producer import Producer

    lost = f"{candidate.pin.page}: the image of candidate {candidate.number} is missing"
    if inputs is None:
        raise SiteError(lost, hint="restore the file in the folder of candidates, or pick another one")
    producer = Producer(providers=inputs.providers, clock=time.perf_counter)
    recipe = replace(candidate.pin.recipe, page=candidate.pin.page)
    ((_, outcome, _),) = producer.produce(recipe.provider, [recipe])
    if not isinstance(outcome, Master):
        raise SiteError(f"{lost}, and it cannot be made again: {outcome.message}", hint=outcome.hint)
    again, _, data = build_pin(candidate.pin.page, recipe, outcome)
    if again.file_sha256 != candidate.pin.file_sha256:
        raise SiteError(
            f"{lost}, and its recipe makes another one here, with the hash {again.file_sha256[7:19]}…",
            hint="models, libraries or the machine differ; `imageseo generate` makes and pins the new one",
        )
    return data


def _changed(page: Page, request: HeroRequest | None, candidate: HeroCandidate, pin: Pin, *, verb: str) -> PinChange:
    if request is None or request.recipe is None:
        return PinChange(page=pin.page, verb=verb, pin=pin, number=candidate.number)
    options: Mapping[str, Any] = conflicting_options(request, pin.recipe, candidate.options)
    said = tuple(_said(request, options))
    lines = tuple(lines_to_write(page, request, options))
    return PinChange(page=pin.page, verb=verb, pin=pin, number=candidate.number, contradicts=said, lines=lines)


def _said(request: HeroRequest, options: Mapping[str, Any]) -> Iterator[str]:
    assert request.recipe is not None
    for key in dict.fromkeys(name.partition(".")[0] for name in options):
        value = value_of(request.recipe, key)
        yield f"`{key}: {format_option(value)[:60]}`" if value is not None else f"another `{key}`"
