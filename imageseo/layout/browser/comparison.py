"""Compare what a browser shows of a page before and after a build: boxes, images, errors, requests, candidates."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

TOLERANCE = 1.0
"""CSS px by which a box may differ: rounding of image sizes."""
_OTHER_PICTURE = 24.0
"""Mean difference of two 8 × 8 thumbnails, of 255, from which they show different images; encoding stays below 8."""

_MUCH_SMALLER = 0.45
"""Part of the px that an image needs below which its file is visibly blurred; no candidate is that small on purpose."""

Key = tuple[str, str, int]
"""Path of element names, start of the text or alternative text, and the number among equal ones."""
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An element with text of its own, or an image. ``state``: what else a visitor notices of it, as a fact.

    Of images only: ``current``: the path of the painted file; ``hovered``: the same with the pointer over the image.
    """

    label: str
    box: Box
    shown: bool
    src: str | None = None
    current: str | None = None
    loaded: bool = True
    hovered: str | None = None
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumb:
    """An image file: its width in px, and its colours at 8 × 8 px, as RGBA."""

    width: int
    colors: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class PageState:
    """What one visit to a page found.

    ``content``: the result of read_content.js. ``errors``: messages of the console and of scripts. ``failed``: requests
    that failed. ``images``: paths of image files that were requested before all images were loaded on purpose.
    """

    content: Mapping[str, Any]
    errors: Sequence[str] = ()
    failed: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()
    thumbs: Mapping[str, Thumb] = field(default_factory=dict)

    @cached_property
    def elements(self) -> Mapping[Key, Shown]:
        """Return the elements in page order. The key does not depend on the elements that a build adds."""
        counts: Counter[tuple[str, str]] = Counter()
        found: dict[Key, Shown] = {}
        for row in self.content["elements"]:
            name = (row["path"], row["text"][:60])
            shown = Shown(
                label=_label(row),
                box=tuple(row["box"]),
                shown=row["shown"],
                src=row.get("src"),
                current=row.get("current"),
                loaded=row.get("loaded", True),
                hovered=row.get("hovered"),
                state=row.get("state", ""),
            )
            found[*name, counts[name]] = shown
            counts[name] += 1
        return found

    @cached_property
    def error_counts(self) -> Mapping[str, int]:
        return Counter(self.errors)

    @cached_property
    def lost_candidates(self) -> frozenset[str]:
        """Return the ``src`` of images whose candidates a script has removed, as hydration does."""
        served = Counter(image["src"] for image in self.content["served"] if image["candidates"])
        live: dict[str, list[int]] = defaultdict(list)
        for image in self.content["live"]:
            live[image["src"]].append(image["candidates"])
        return frozenset(
            src
            for src, count in served.items()
            if sum(1 for candidates in live[src] if candidates) < min(count, len(live[src]))
        )

    @cached_property
    def double_downloads(self) -> Mapping[str, tuple[str, ...]]:
        """Return, by ``src``, the files of an image that were requested, if there are more than images that show it."""
        families: dict[str, set[str]] = defaultdict(set)
        counts = Counter(image["src"] for image in self.content["served"])
        live = Counter(image["src"] for image in self.content["live"])
        for image in self.content["served"]:
            if image["candidates"]:
                families[image["src"]] |= {image["src"], *image["candidates"]}
        return {
            src: tuple(sorted(files & self.images))
            for src, files in families.items()
            if len(files & self.images) > max(counts[src], live[src])
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference. ``subject``: what differs; ``fact``: how, equal at several viewports if nothing else differs.

    ``rule``: id of its finding. ``shift``: CSS px by which an element is displaced that is otherwise equal.
    """

    rule: str
    subject: str
    fact: str
    image: str | None = None
    shift: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """``unstable``: elements that differ between two visits to the same page, and are left out."""

    differences: tuple[Difference, ...]
    unstable: frozenset[Key]


def compare(befores: Sequence[PageState], afters: Sequence[PageState]) -> Comparison:
    """Return the differences between each visit before and each visit after, in page order.

    What differs between two visits before is the page's own change (an animation, a random text), and left out.
    """
    unstable: set[Key] = set()
    differences = [
        *_element_differences(befores, afters, unstable),
        *_error_differences(befores, afters),
        *_request_differences(befores, afters),
    ]
    return Comparison(differences=tuple(differences), unstable=frozenset(unstable))


def _element_differences(
    befores: Sequence[PageState], afters: Sequence[PageState], unstable: set[Key]
) -> Iterable[Difference]:
    keys = dict.fromkeys(key for state in (*befores, *afters) for key in state.elements)
    for key in keys:
        before = [state.elements.get(key) for state in befores]
        after = [state.elements.get(key) for state in afters]
        if all(_equal(one, other) for one in before for other in after):
            yield from _painted_difference(key, befores, afters)
            continue
        if not all(_equal(before[0], other) for other in before) or any(
            _equal(one, other) for one in before for other in after
        ):
            unstable.add(key)
            continue
        yield _element_difference(before[0], after[0])


def _equal(one: Shown | None, other: Shown | None) -> bool:
    """Whether two elements look equal; what is not shown equals what does not exist."""
    if one is None or other is None or not (one.shown and other.shown):
        states = [each.state if each is not None else "" for each in (one, other)]
        return (one is not None and one.shown) == (other is not None and other.shown) and states[0] == states[1]
    return (one.loaded, one.state) == (other.loaded, other.state) and all(
        abs(mine - its) <= TOLERANCE for mine, its in zip(one.box, other.box, strict=True)
    )


def _element_difference(before: Shown | None, after: Shown | None) -> Difference:
    if before is not None and after is not None and before.state != after.state:
        return Difference(rule="verify-content", subject=after.label, fact=f"{after.state}, before it {before.state}")
    if after is None or not after.shown:
        assert before is not None
        if before.src is None:
            return Difference(rule="verify-content", subject=before.label, fact="is not shown any more")
        return Difference(rule="verify-image", subject=before.label, fact="is not shown any more", image=before.src)
    if before is None or not before.shown:
        return Difference(rule="verify-content", subject=after.label, fact="was not shown before", image=after.src)
    if before.loaded != after.loaded:
        fact = f"loads nothing ({after.current or 'no file'})" if before.loaded else "did not load before"
        return Difference(rule="verify-image", subject=after.label, fact=fact, image=after.src)
    (left, top, width, height), (x, y, wide, high) = before.box, after.box
    if max(abs(wide - width), abs(high - height)) > TOLERANCE:
        fact = f"is {_size(wide, high)} px instead of {_size(width, height)}"
        return Difference(rule="verify-moved", subject=after.label, fact=fact, image=after.src)
    shift = max(x - left, y - top, key=abs)
    direction = ("right", "left") if abs(x - left) > abs(y - top) else ("down", "up")
    fact = f"is displaced {direction[shift < 0]} by {abs(shift):.0f} px"
    return Difference(rule="verify-moved", subject=after.label, fact=fact, image=after.src, shift=abs(shift))


def _painted_difference(key: Key, befores: Sequence[PageState], afters: Sequence[PageState]) -> Iterable[Difference]:
    """Yield a difference if an image of the same size shows other pixels, or does not change any more."""
    facts = [_painted_fact(key, one, other) for one in befores for other in afters]
    after = afters[0].elements.get(key)
    if after is not None and facts[0] and all(facts):
        yield Difference(rule="verify-image", subject=after.label, fact=facts[0], image=after.src)


def _painted_fact(key: Key, before_state: PageState, after_state: PageState) -> str:
    before, after = before_state.elements.get(key), after_state.elements.get(key)
    if before is None or after is None or not before.current or not after.current:
        return ""
    if before.hovered not in (None, before.current) and after.hovered in (None, after.current):
        return "is not exchanged any more when the pointer is over it"
    thumb, other = before_state.thumbs.get(before.current), after_state.thumbs.get(after.current)
    if before.current == after.current or thumb is None or other is None:
        return ""
    if thumb_distance(thumb.colors, other.colors) >= _OTHER_PICTURE:
        return f"shows another image: {after.current} instead of {before.current}"
    needed = min(thumb.width, before.box[2] * min(2.0, after_state.content["density"]))
    if other.width < _MUCH_SMALLER * needed:
        return f"shows a file of {other.width:,} px: {after.current} instead of {before.current}"
    return ""


def thumb_distance(one: Sequence[int], other: Sequence[int]) -> float:
    """Return the mean difference of two RGBA thumbnails on black and white, of 255."""
    total = 0.0
    for at in range(0, len(one), 4):
        alpha, beta = one[at + 3] / 255, other[at + 3] / 255
        for channel in range(3):
            mine, its = one[at + channel] * alpha, other[at + channel] * beta
            total += max(abs(mine - its), abs(mine + 255 * (1 - alpha) - its - 255 * (1 - beta)))
    return total / (3 * len(one) / 4)


def _error_differences(befores: Sequence[PageState], afters: Sequence[PageState]) -> Iterable[Difference]:
    for text in dict.fromkeys(text for state in afters for text in state.errors):
        most = max(state.error_counts.get(text, 0) for state in befores)
        least = min(state.error_counts.get(text, 0) for state in afters)
        if least > most:
            fact = f"{least} times instead of {most}" if most else ""
            yield Difference(rule="verify-console", subject=f'the browser reports: "{text}"', fact=fact)


def _request_differences(befores: Sequence[PageState], afters: Sequence[PageState]) -> Iterable[Difference]:
    failed = frozenset.intersection(*(state.failed for state in afters))
    for url in sorted(failed.difference(*(state.failed for state in befores))):
        yield Difference(rule="verify-request", subject=url, fact="cannot be loaded")
    lost = frozenset.intersection(*(state.lost_candidates for state in afters))
    for src in sorted(lost):
        fact = "loses its candidates while the page loads: a script replaces the image"
        yield Difference(rule="verify-hydration", subject=f"img {src}", fact=fact, image=src)
    requested = {file for state in befores for file in state.images}
    for src, files in sorted(afters[0].double_downloads.items()):
        if all(src in state.double_downloads for state in afters) and not set(files) <= requested:
            fact = f"is downloaded {len(files)} times: {', '.join(files)}"
            yield Difference(rule="verify-download", subject=f"img {src}", fact=fact, image=src)


def _label(row: Mapping[str, Any]) -> str:
    text = " ".join(row["text"].split())
    short = f' "{text[:40]}{"…" if len(text) > 40 else ""}"' if text else ""
    src = f" ({row['src'][:120]})" if row.get("src") else ""
    return f"{row['name']}{short}{src}"


def _size(width: float, height: float) -> str:
    return f"{width:.0f}×{height:.0f}"
