"""The pick for a page: the best picture that may be shown and that no other page shows, and why it was picked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from imageseo.heroes.providers.asset_library import query_terms
from imageseo.heroes.providers.asset_library.entry import Entry
from imageseo.heroes.providers.asset_library.licenses import refused
from imageseo.heroes.providers.asset_library.master_image import UnreadableError, master
from imageseo.heroes.providers.asset_library.search_index import EVERYWHERE, Filter, Hit, SearchIndex
from imageseo.model.errors import ProviderError
from imageseo.model.suggest import closest

Ranked = Callable[[str, Filter], list[Hit]]
"""Search by meaning: query and filter -> every picture, the best first."""

_TOLD = 3  # pictures that are named which were not taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a recipe asks of the library. ``errand``: its key and its page.

    ``near``: words of the page; what fits them comes before the rest.
    """

    errand: tuple[str, str]
    width: int
    height: int
    query: str = ""
    near: str = ""
    picture: str = ""
    where: Filter = EVERYWHERE
    share: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The picture, its master and why it is this one. ``passed``: better ones that were not taken, each with why.

    ``focal``: where in the master what a crop must keep is, as shares.
    """

    entry: Entry
    sha256: str
    png: bytes
    size: tuple[int, int]
    score: float
    rank: int
    candidates: int
    focal: tuple[float, float] | None = None
    passed: tuple[str, ...] = ()
    shown_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Picks from an open shelf.

    ``allowed``: licences beside the free ones. ``shown``: (hash of a picture or a master, errand) -> where else it is
    shown already. ``ranked``: search by meaning instead of words, by ``model``; its score must reach ``least``.
    """

    shelf: SearchIndex
    allowed: Collection[str]
    shown: Callable[[str, tuple[str, str]], str | None]
    ranked: Ranked | None = None
    least: float = 0.0
    model: str = ""

    def pick(self, ask: Query) -> Selection:
        """Raises ProviderError when there is none, with the query and the nearest pictures."""
        return self._named(ask) if ask.picture else self._found(ask)

    def _named(self, ask: Query) -> Selection:
        hit = self.shelf.named(ask.picture)
        if hit is None:
            raise ProviderError(
                f"library: there is no picture {ask.picture!r} in {self.shelf.listing.place.shown}",
                hint=f"`picture` is its path within that folder{self._like(ask.picture)}",
            )
        entry = self.shelf.entry(hit.id)
        if why := self._barrier(entry):
            raise ProviderError(f"library: {why}", hint=_LICENCES if not entry.problem else "replace the file")
        try:
            pick = self._taken(hit, entry, ask, 1, 1, ())
        except _PassedError as error:
            raise ProviderError(f"library: {entry.path} {error}", hint="replace the file") from error
        return pick

    def _found(self, ask: Query) -> Selection:
        terms = query_terms.asked(ask.query)
        hits = self._hits(ask, terms, ask.where)
        passed: list[str] = []
        for rank, hit in enumerate(hits, 1):
            if self._far(hit, terms):
                if self.ranked is not None and terms:
                    break  # those behind it are still farther off
                continue
            entry = self.shelf.entry(hit.id)
            why = self._barrier(entry)
            if not why:
                try:
                    return self._taken(hit, entry, ask, rank, len(hits), tuple(passed[:_TOLD]))
                except _PassedError as error:
                    why = f"{entry.path} {error}"
            passed.append(why)
        raise self._nothing(ask, terms, passed)

    def _hits(self, ask: Query, terms: tuple[str, ...], where: Filter) -> list[Hit]:
        if self.ranked is not None and terms:
            return self.ranked(ask.query, where)
        if ask.query and not terms:  # signs only: nothing to search for
            return []
        found = self.shelf.search(terms, where)
        return self._nearest(ask.near, where, found) if ask.near and not terms else found

    def _nearest(self, near: str, where: Filter, found: list[Hit]) -> list[Hit]:
        """The same pictures, those before the rest that a search for some words would find."""
        terms = query_terms.asked(near)
        if not terms:
            return found
        best = self.ranked(near, where) if self.ranked is not None else self.shelf.search(terms, where)
        best = [hit for hit in best if not self._far(hit, terms)]
        known = {hit.id for hit in best}
        return [*best, *(hit for hit in found if hit.id not in known)]

    def _far(self, hit: Hit, terms: tuple[str, ...]) -> bool:
        if self.ranked is not None and terms:
            return hit.score < self.least
        need = query_terms.needed(terms)
        # Search found one of the words, whichever it was.
        return need > 1 and sum(1 for _ in islice((w for w in terms if self.shelf.has(hit, w)), need)) < need

    def _barrier(self, entry: Entry) -> str:
        return f"{entry.path} {entry.problem}" if entry.problem else refused(entry, self.allowed)

    def _taken(
        self, hit: Hit, entry: Entry, ask: Query, rank: int, candidates: int, passed: tuple[str, ...]
    ) -> Selection:
        """The pick of this picture; raises _PassedError when it is shown elsewhere or cannot be read."""
        free = ask.share or bool(ask.picture)
        try:
            digest = self.shelf.sha256(hit)
            page = self.shown(digest, ask.errand)
            if page is not None and not free:  # told before the pixels are read, and again by them: copies differ
                raise _PassedError(_SHOWN + page)
            data = self.shelf.listing.place.read(hit.path)
            cut = master(data, ask.width, ask.height, entry.focal)
            page = page or self.shown(f"sha256:{hashlib.sha256(cut.png).hexdigest()}", ask.errand)
            if page is not None and not free:
                raise _PassedError(_SHOWN + page)
        except OSError as error:
            raise _PassedError(f"cannot be read: {error.strerror or error}") from error
        except UnreadableError as error:
            raise _PassedError(str(error)) from error
        return Selection(
            entry=entry,
            sha256=digest,
            png=cut.png,
            size=cut.size,
            focal=cut.focal,
            score=hit.score,
            rank=rank,
            candidates=candidates,
            passed=passed,
            shown_by=page,
        )

    def _nothing(self, ask: Query, terms: tuple[str, ...], passed: list[str]) -> ProviderError:
        asked = f" {ask.query!r}" if ask.query else ""
        also = f" ({ask.where.told()})" if ask.where.told() else ""
        message = f"library: none of {len(self.shelf)} pictures in {self.shelf.listing.place.shown} fits{asked}{also}"
        nearest = self._hits(ask, terms, EVERYWHERE)[:_TOLD]
        lines = [f"{hit.path}: {self._why(hit, ask, terms)}" for hit in nearest]
        if not lines and ask.query:
            message += "; none has any of its words"
        if lines:
            message += "; nearest:\n  - " + "\n  - ".join(lines)
        hint = "ask in other words, name one with `picture`, or add pictures or words to their sidecars"
        if any("licence" in why or "forbids" in why for why in passed):
            hint += f"; {_LICENCES}"
        if any(taken(why) for why in passed):
            hint += "; `share: true` takes a picture that another page shows"
        return ProviderError(message, hint=hint)

    def _why(self, hit: Hit, ask: Query, terms: tuple[str, ...]) -> str:
        entry = self.shelf.entry(hit.id)
        if why := self._barrier(entry):
            return why
        if self._far(hit, terms):
            return "too far from it" if self.ranked is not None else "has only one of its words"
        if not ask.where.fits(self.shelf.rows[hit.id]):
            tags = f", tags: {', '.join(entry.tags)}" if entry.tags else ", no tags"
            return f"is {entry.width}x{entry.height}{tags}"
        try:
            page = self.shown(self.shelf.sha256(hit), ask.errand)
        except OSError as error:
            return f"cannot be read: {error.strerror or error}"
        return _SHOWN + page if page else "cannot be read"

    def _like(self, name: str) -> str:
        close = closest(name, self.shelf.listing.pictures, cutoff=0.5)
        return f"; did you mean {close!r}?" if close else ""


class _PassedError(Exception):
    """Why a picture that fits is not taken."""


def taken(why: str) -> bool:
    """Whether a picture was passed over because another page shows it."""
    return f" {_SHOWN}" in why


_SHOWN = "is shown by "
_LICENCES = (
    "say a licence in the sidecar, `own` for pictures that the team made itself, "
    "or allow more by `providers.library.licenses`"
)


def shown(score: float) -> float:
    """A score as the lock keeps it: four digits."""
    return float(f"{score:.4g}")


def evidence(pick: Selection, *, query: str, search: str, model: str = "") -> dict[str, Any]:
    """Why this picture, for the lock, and what its sidecar says that belongs to no rights."""
    entry = pick.entry
    said: Iterable[tuple[str, Any]] = (
        ("query", query),
        ("title", entry.title),
        ("caption", entry.caption),
        ("alt", entry.alt),
        ("depicts", entry.depicts),
        ("focal", list(pick.focal) if pick.focal else None),
        ("license", entry.license),
        ("passed", list(pick.passed)),
        ("embeddings", model),
    )
    return {
        "picture": entry.path,
        "picture_sha256": pick.sha256,
        "search": search,
        "score": shown(pick.score),
        "rank": pick.rank,
        "candidates": pick.candidates,
        **{key: value for key, value in said if value},
    }
