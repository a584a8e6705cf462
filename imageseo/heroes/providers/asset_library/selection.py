"""Select an image for a page: the best match that may be published and that no other page shows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from imageseo.heroes.providers.asset_library import query_terms
from imageseo.heroes.providers.asset_library.crop_fit import crop_fit
from imageseo.heroes.providers.asset_library.entry import LibraryEntry
from imageseo.heroes.providers.asset_library.file_metadata import POINTER
from imageseo.heroes.providers.asset_library.licenses import refusal_reason
from imageseo.heroes.providers.asset_library.master_image import UnreadableError, make_master
from imageseo.heroes.providers.asset_library.search_index import NO_FILTER, Filter, Hit, SearchIndex
from imageseo.heroes.providers.asset_library.text_search import RANKING, is_too_weak
from imageseo.model import git_lfs
from imageseo.model.errors import ProviderError
from imageseo.model.suggest import closest

Ranker = Callable[[str, Filter], list[Hit]]
"""Semantic search: query and filter -> all images, best first."""

_MAX_REPORTED = 3  # number of rejected images that are reported


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A recipe's query. ``request_key``: the recipe's key and page.

    ``near``: texts of the page; images that match them come first. ``language``: of the page, ``""`` if unknown.
    """

    request_key: tuple[str, str]
    width: int
    height: int
    query: str = ""
    near: str = ""
    language: str = ""
    picture: str = ""
    filter: Filter = NO_FILTER
    share: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The selected image, its master and the evidence. ``rejections``: better matches with the reasons.

    ``focal``: the point of the master that a crop must keep, as fractions. ``shown_by``: another page that shows the
    image.
    """

    entry: LibraryEntry
    sha256: str
    png: bytes
    size: tuple[int, int]
    score: float
    fit: float
    rank: int
    candidates: int
    focal: tuple[float, float] | None = None
    rejections: tuple[str, ...] = ()
    shown_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSelector:
    """Selects images from an open index.

    ``allowed``: licences allowed in addition to the free ones. ``find_other_page``: (hash of an image or a master,
    request key) -> another page that shows it. ``rank``: semantic search with ``model``, used instead of full-text
    search; matches need at least ``min_score``.
    """

    index: SearchIndex
    allowed: Collection[str]
    find_other_page: Callable[[str, tuple[str, str]], str | None]
    rank: Ranker | None = None
    min_score: float = 0.0
    model: str = ""

    def select(self, query: Query) -> Selection:
        """Select an image; raises ProviderError with the query and the nearest images if there is none."""
        return self._select_path(query) if query.picture else self._select_best(query)

    def _select_path(self, query: Query) -> Selection:
        hit = self.index.find_path(query.picture)
        if hit is None:
            raise ProviderError(
                f"library: there is no image {query.picture!r} in {self.index.catalog.location.label}",
                hint=f"set `picture` to a path within that folder{self._suggest_path(query.picture)}",
            )
        entry = self.index.read_entry(hit.id)
        if reason := self._refusal(entry):
            repair = git_lfs.PULL if entry.problem == POINTER else "replace the file"
            raise ProviderError(f"library: {reason}", hint=repair if entry.problem else _LICENCE_HINT)
        try:
            selection = self._select_hit(hit, entry, query, 1, 1, ())
        except _RejectedError as error:
            raise ProviderError(f"library: {entry.path} {error}", hint="replace the file") from error
        return selection

    def _select_best(self, query: Query) -> Selection:
        terms, hits = self._terms(query.query, query), self.matches(query)
        rejections: list[str] = []
        for rank, hit in enumerate(hits, 1):
            entry = self.index.read_entry(hit.id)
            reason = self._refusal(entry)
            if not reason:
                try:
                    return self._select_hit(hit, entry, query, rank, len(hits), tuple(rejections[:_MAX_REPORTED]))
                except _RejectedError as error:
                    reason = f"{entry.path} {error}"
            rejections.append(reason)
        raise self._no_match_error(query, terms, rejections)

    def matches(self, query: Query) -> list[Hit]:
        """Return the images that match a query, best first, whether they may be used or not."""
        terms = self._terms(query.query, query)
        return self._near_enough(self._search(query, terms, query.filter), query.query, terms, query)

    def _terms(self, text: str, query: Query) -> tuple[str, ...]:
        return query_terms.search_terms(text, self._language(text, query))

    def _language(self, text: str, query: Query) -> str:
        return query_terms.query_language(text, query.language) or self.index.language()

    def _search(self, query: Query, terms: tuple[str, ...], filter: Filter) -> list[Hit]:
        """Return images with the best first, counting how much of each the hero would show."""
        if query.query and not terms:  # punctuation only: nothing to search for
            return []
        found = self._match(query.query, terms, query, filter)
        if query.near and not terms:
            return self._order_by_page_texts(query, filter, found)
        return found

    def _match(self, text: str, terms: tuple[str, ...], query: Query, filter: Filter) -> list[Hit]:
        if self.rank is not None and terms:
            hits = self.rank(text, filter)
        else:
            hits = self.index.search(terms, filter, self._language(text, query))
        fits = {hit.id: self.fit(hit, query) for hit in hits}
        return sorted(hits, key=lambda hit: (-hit.score * fits[hit.id], -fits[hit.id], hit.path))

    def _order_by_page_texts(self, query: Query, filter: Filter, found: list[Hit]) -> list[Hit]:
        """Return the same images, with those that match the page's texts first."""
        terms = self._terms(query.near, query)
        if not terms:
            return found
        matching = self._near_enough(self._match(query.near, terms, query, filter), query.near, terms, query)
        matching_ids = {hit.id for hit in matching}
        return [*matching, *(hit for hit in found if hit.id not in matching_ids)]

    def _near_enough(self, hits: list[Hit], text: str, terms: tuple[str, ...], query: Query) -> list[Hit]:
        """Return the hits that are good enough to be shown. ``text``: what the terms were taken from."""
        if not terms:
            return hits
        if self.rank is not None:
            return [hit for hit in hits if hit.score >= self.min_score]
        has_subject = query_terms.has_subject(terms[0], self._language(text, query))
        return [hit for hit in hits if not is_too_weak(hit, 0 if has_subject else len(terms))]

    def fit(self, hit: Hit, query: Query) -> float:
        """Return how well size and shape of an image suit the hero: 1 if it is large enough and nothing is cut off."""
        row = self.index.rows[hit.id]
        return round(crop_fit((row.width, row.height), (query.width, query.height)), 4)

    def _refusal(self, entry: LibraryEntry) -> str:
        return f"{entry.path} {entry.problem}" if entry.problem else refusal_reason(entry, self.allowed)

    def _select_hit(
        self, hit: Hit, entry: LibraryEntry, query: Query, rank: int, candidates: int, rejections: tuple[str, ...]
    ) -> Selection:
        """Select this image; raises _RejectedError if another page shows it or it cannot be read."""
        may_share = query.share or bool(query.picture)
        try:
            digest = self.index.sha256(hit)
            page = self.find_other_page(digest, query.request_key)
            if page is not None and not may_share:  # checked before the pixels are read, and again after: copies differ
                raise _RejectedError(_SHOWN + page)
            data = self.index.catalog.location.read(hit.path)
            cropped = make_master(data, query.width, query.height, entry.focal)
            page = page or self.find_other_page(f"sha256:{hashlib.sha256(cropped.png).hexdigest()}", query.request_key)
            if page is not None and not may_share:
                raise _RejectedError(_SHOWN + page)
        except OSError as error:
            raise _RejectedError(f"cannot be read: {error.strerror or error}") from error
        except UnreadableError as error:
            raise _RejectedError(str(error)) from error
        return Selection(
            entry=entry,
            sha256=digest,
            png=cropped.png,
            size=cropped.size,
            focal=cropped.focal,
            score=hit.score,
            fit=self.fit(hit, query),
            rank=rank,
            candidates=candidates,
            rejections=rejections,
            shown_by=page,
        )

    def _no_match_error(self, query: Query, terms: tuple[str, ...], rejections: list[str]) -> ProviderError:
        query_text = f" {query.query!r}" if query.query else ""
        filter_text = f" ({query.filter.describe()})" if query.filter.describe() else ""
        location = self.index.catalog.location.label
        message = f"library: none of {len(self.index)} images in {location} matches{query_text}{filter_text}"
        nearest = self._search(query, terms, NO_FILTER)[:_MAX_REPORTED]
        lines = [f"{hit.path}: {self._mismatch_reason(hit, query, terms)}" for hit in nearest]
        if not lines and query.query:
            message += "; no image contains any of the words"
        if lines:
            message += "; nearest:\n  - " + "\n  - ".join(lines)
        hint = "change the query, choose one with `picture`, or add images or metadata in sidecars"
        if any("licence" in reason or "forbids" in reason for reason in rejections):
            hint += f"; {_LICENCE_HINT}"
        if any(is_shown_elsewhere(reason) for reason in rejections):
            hint += "; `share: true` allows an image that another page shows"
        return ProviderError(message, hint=hint)

    def _mismatch_reason(self, hit: Hit, query: Query, terms: tuple[str, ...]) -> str:
        entry = self.index.read_entry(hit.id)
        if reason := self._refusal(entry):
            return reason
        if not self._near_enough([hit], query.query, terms, query):
            return "not similar enough" if self.rank is not None else "has too few of the words"
        if not query.filter.matches(self.index.rows[hit.id]):
            tags = f", tags: {', '.join(entry.tags)}" if entry.tags else ", no tags"
            return f"is {entry.width}x{entry.height}{tags}"
        try:
            page = self.find_other_page(self.index.sha256(hit), query.request_key)
        except OSError as error:
            return f"cannot be read: {error.strerror or error}"
        return _SHOWN + page if page else "cannot be read"

    def _suggest_path(self, name: str) -> str:
        close = closest(name, self.index.catalog.images, cutoff=0.5)
        return f"; did you mean {close!r}?" if close else ""


class _RejectedError(Exception):
    """A matching image is rejected; the message gives the reason."""


def is_shown_elsewhere(reason: str) -> bool:
    """Whether an image was rejected because another page shows it."""
    return f" {_SHOWN}" in reason


_SHOWN = "is shown by "
_LICENCE_HINT = (
    "add a licence to the sidecar (`own` for images that the team made itself), "
    "or allow more licences with `providers.library.licenses`"
)


def round_score(score: float) -> float:
    """Round a score to four digits, as in the lock file."""
    return float(f"{score:.4g}")


def build_evidence(selection: Selection, *, query: str, search: str, model: str = "") -> dict[str, Any]:
    """Return the evidence for the lock file: why this image, and the sidecar's texts other than rights."""
    entry = selection.entry
    optional: Iterable[tuple[str, Any]] = (
        ("query", query),
        ("title", entry.title),
        ("caption", entry.caption),
        ("alt", entry.alt),
        ("depicts", entry.depicts),
        ("focal", list(selection.focal) if selection.focal else None),
        ("license", entry.license),
        ("passed", list(selection.rejections)),
        ("embeddings", model),
    )
    return {
        "picture": entry.path,
        "picture_sha256": selection.sha256,
        "search": search,
        "ranking": RANKING,
        "score": round_score(selection.score),
        "fit": round_score(selection.fit),
        "rank": selection.rank,
        "candidates": selection.candidates,
        **{key: value for key, value in optional if value},
    }
