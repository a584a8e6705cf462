"""Full-text search: which images have the words of a query, and how well they match (BM25 over weighted fields)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

RANKING = 2
"""Version of the ranking, recorded with each selection; 1 was English only and ignored the size of images."""

FIELDS = (8, 4, 6, 4, 2)
"""Weights of title, caption, tags, alternative text and file name."""

_MAX_TERMS = 12  # maximum number of terms that are ranked: a page's title and summary have more words
_FIRST_TERMS = 16  # a term at this place of the query counts half as much as the first one
_SATURATION = 4.0  # weight of a word in an image that gives half of its maximum score
_LENGTH_SHARE = 0.3  # how much long texts of an image lower its score
_DIRECT = 0.7  # minimum closeness of the word itself and its forms
_MIN_SHARE = 0.11  # of a query's weight: the title of one of four or five words that say something
_MIN_STRENGTH = 1.9  # two words, or their forms, are enough of a query of any length
_COMMON_SHARE, _COMMON_IMAGES = 5, 3  # a term is common in more than a fifth of all images, and more than three


class Match(NamedTuple):
    """An image that has terms of a query. ``strength``: how many uncommon ones, parts of compounds counting less.

    ``share``: their part of what the whole query could score.
    """

    id: int
    score: float
    strength: float
    share: float


class Measured(Protocol):
    """What a match is judged by."""

    @property
    def strength(self) -> float: ...

    @property
    def share(self) -> float: ...


class _Term(NamedTuple):
    place: int
    closeness: Mapping[int, float]  # image -> closeness of its nearest word
    scores: Mapping[int, float]  # image -> score of its best word, before the weight of the term

    having: int  # number of images with the word itself or a form of it; if there are none, with a part of it

    def idf(self, images: int) -> float:
        # A word that no image has is as rare as one of a single image: in a small library it would outweigh all others.
        count = max(1, self.having)
        return math.log(1 + (images - count + 0.5) / (count + 0.5))

    def is_common(self, images: int) -> bool:
        return self.having > max(_COMMON_IMAGES, images / _COMMON_SHARE)


def length_norms(lengths: Mapping[int, int]) -> dict[int, float]:
    """Return image -> the weight of a word that gives half of its maximum score. ``lengths``: in words."""
    mean = sum(lengths.values()) / len(lengths) if lengths else 0.0
    return {
        id: _SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * length / mean) if mean else _SATURATION
        for id, length in lengths.items()
    }


def match_images(
    terms: Sequence[str],
    *,
    expand: Callable[[str], Sequence[Mapping[str, float]]],
    weights_of: Callable[[str], Mapping[int, int]],
    norms: Mapping[int, float],
) -> list[Match]:
    """Return all images with any of the terms, in no order.

    ``expand``: a term -> words of the library with their closeness: of the whole, and of each part of a compound.
    ``weights_of``: a word -> images with the weight of its occurrences. ``norms``: of all images, by ``length_norms``.
    """
    images = len(norms)
    found = [_look_up(place, expand(term), weights_of, norms) for place, term in enumerate(terms)]
    known = sorted((term for term in found if term.closeness), key=lambda term: (term.having, term.place))
    # Common words of a longer query would only add noise.
    ranked = ([term for term in known if not term.is_common(images)] or known)[:_MAX_TERMS]
    total = sum(term.idf(images) * _place_weight(term.place) for term in found) or 1.0
    counts_common = all(term.is_common(images) for term in found)  # all that was asked for
    scores: dict[int, float] = {}
    strengths: dict[int, float] = {}
    counted: dict[int, float] = {}
    for term in ranked:
        weight = term.idf(images) * _place_weight(term.place)
        counts = counts_common or not term.is_common(images)
        for id, score in term.scores.items():
            scores[id] = scores.get(id, 0.0) + weight * score
            if counts:
                strengths[id] = strengths.get(id, 0.0) + term.closeness[id]
                counted[id] = counted.get(id, 0.0) + weight * score
    return [Match(id, score, strengths.get(id, 0.0), counted.get(id, 0.0) / total) for id, score in scores.items()]


def is_too_weak(match: Measured, required: int = 0) -> bool:
    """Whether an image has too little of a query, or only words that many images have.

    ``required``: the number of terms that it must have, if they are stop words: the name of a play or a band.
    """
    if required:
        return match.strength < required * _DIRECT
    return match.share < _MIN_SHARE and match.strength < _MIN_STRENGTH


def _look_up(
    place: int,
    facets: Sequence[Mapping[str, float]],
    weights_of: Callable[[str], Mapping[int, int]],
    norms: Mapping[int, float],
) -> _Term:
    """Return how close images come to a term: by the whole word, or by the sum of its parts."""
    (nearest, scores), *parts = (_look_up_words(each, weights_of, norms) for each in facets)
    for id in {id for closeness, _ in parts for id in closeness}:
        summed = min(1.0, sum(closeness.get(id, 0.0) for closeness, _ in parts))
        nearest[id] = max(nearest.get(id, 0.0), summed)
        scores[id] = max(scores.get(id, 0.0), sum(score.get(id, 0.0) for _, score in parts))
    direct = sum(closeness >= _DIRECT for closeness in nearest.values())
    return _Term(place, nearest, scores, direct or len(nearest))


def _look_up_words(
    closeness_of: Mapping[str, float], weights_of: Callable[[str], Mapping[int, int]], norms: Mapping[int, float]
) -> tuple[dict[int, float], dict[int, float]]:
    """Return image -> closeness of its nearest word, and image -> score of its best one."""
    nearest: dict[int, float] = {}
    scores: dict[int, float] = {}
    for word, closeness in sorted(closeness_of.items(), key=lambda pair: pair[1]):
        weights = weights_of(word)
        nearest |= dict.fromkeys(weights, closeness)  # the nearest word comes last
        found = {id: closeness * weight / (weight + norms[id]) for id, weight in weights.items()}
        for id in scores.keys() & found.keys():
            found[id] = max(found[id], scores[id])
        scores |= found
    return nearest, scores


def _place_weight(place: int) -> float:
    return 1 / (1 + place / _FIRST_TERMS)
