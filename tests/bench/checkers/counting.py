"""Counts what both, only they and only we find: image by image, a rule of ours a row."""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.bench.checkers import Said
from tests.bench.checkers.mapping import NOT_ABOUT_IMAGES, is_of_names, ours_of, theirs_of
from tests.bench.checkers.pages import CONTROLS, Page

REASONS = Path(__file__).with_name("reasons.toml")
KINDS = frozenset({"not-about-images", "they-are-wrong", "we-are-wrong", "by-choice", "finer"})
NO_RULE = "(no rule of ours)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why one side alone reports something. ``rule``: whose finding it is. ``pattern``: in its message or its tag."""

    rule: str
    kind: str
    reason: str
    pattern: str = ""
    page: str = ""

    def explains(self, said: Said, tag: str) -> bool:
        if re.fullmatch(self.rule, said.rule) is None or re.search(self.page, said.page) is None:
            return False
        return re.search(self.pattern, f"{said.message}\n{tag}", re.IGNORECASE) is not None


def reasons(path: Path = REASONS) -> list[Reason]:
    found = [Reason(**each) for each in tomllib.loads(path.read_text("utf-8"))["difference"]]
    wrong = [each.rule for each in found if each.kind not in KINDS or len(each.reason) < 10]
    if wrong:
        raise ValueError(f"{path}: each difference needs a reason and a kind of {sorted(KINDS)}: {wrong}")
    return found


@dataclass(slots=True)
class Row:
    """Images of which a rule of ours speaks. ``they``: what they alone report, by their rule."""

    both: int = 0
    they: Counter[str] = field(default_factory=Counter)
    we: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    said: Said
    tag: str
    reason: Reason | None


@dataclass
class Count:
    """What the checkers and we say of the same pages.

    ``ran``: the pages that each checker looked at. What only we report counts where every checker that has such a rule
    looked at the page.
    """

    rows: dict[str, Row]
    differences: list[Difference]
    hits: Counter[str] = field(default_factory=Counter)  # what both report, by their checker

    def add(self, other: Count) -> None:
        for name, row in other.rows.items():
            mine = self.rows.setdefault(name, Row())
            mine.both, mine.we = mine.both + row.both, mine.we + row.we
            mine.they.update(row.they)
        self.differences += other.differences
        self.hits.update(other.hits)

    @cached_property
    def theirs_alone(self) -> list[Difference]:
        return [each for each in self.differences if not each.said.rule.startswith("imageseo/")]

    def by_checker(self) -> dict[str, str]:
        """Of what each checker reports rightly about images, how much we report too."""
        missed = Counter(
            each.said.checker
            for each in self.theirs_alone
            if each.reason is None or each.reason.kind not in ("not-about-images", "they-are-wrong")
        )
        return {name: f"{self.hits[name]} of {self.hits[name] + missed[name]}" for name in sorted(self.hits | missed)}

    def share_found(self, *left_out: str) -> float | None:
        """Of what they find about images, the share that we find too, without what has a reason of these kinds."""
        both = sum(row.both for row in self.rows.values())
        missed = [each for each in self.theirs_alone if each.reason is None or each.reason.kind not in left_out]
        return round(both / (both + len(missed)), 4) if both + len(missed) else None


def count(
    said: Iterable[Said],
    ours: Iterable[Said],
    pages: Sequence[Page],
    ran: Mapping[str, Iterable[str]],
    known: Sequence[Reason],
) -> Count:
    """Compare findings image by image. One that their two checkers report counts once for each."""
    by_path = {page.path: page for page in pages}
    rows: dict[str, Row] = defaultdict(Row)
    differences: list[Difference] = []
    we_found: dict[tuple[str, str], set[int | None]] = defaultdict(set)
    our_images: dict[tuple[str, str, int | None], Said] = {}
    for each in ours:
        image = _image(by_path, each)
        we_found[each.page, each.rule].add(image)
        our_images.setdefault((each.page, each.rule, image), each)

    def ours_at(page: str, rule: str, image: int | None) -> bool:
        found = we_found.get((page, rule))
        # What names no element, theirs or ours, is about the page.
        return found is not None and (image is None or image in found or None in found)

    hits_by: Counter[str] = Counter()
    answered: set[tuple[str, str, int | None]] = set()
    seen: set[tuple[str, str, int | None]] = set()
    for each in sorted(said, key=lambda one: (one.rule, one.page, one.tag is None, one.tag or 0)):
        page = by_path.get(each.page)
        image = _image(by_path, each)
        about = page is None or each.tag is None or image is not None
        if page is not None and each.tag is not None and page.tags[each.tag].name in CONTROLS:
            about = image is not None and is_of_names(each.rule)  # other rules are about the link or button itself
        if not about or each.rule in NOT_ABOUT_IMAGES or (each.tag is None and not ours_of(each.rule)):
            continue
        if (each.rule, each.page, image) in seen:
            continue
        seen.add((each.rule, each.page, image))
        hits = [rule for rule in ours_of(each.rule) if ours_at(each.page, rule, image)]
        row = rows[(hits or ours_of(each.rule) or (f"imageseo/{NO_RULE}",))[0].removeprefix("imageseo/")]
        if hits:
            row.both += 1
            hits_by[each.checker] += 1
            answered.update((each.page, rule, image) for rule in hits)
            answered.update((each.page, rule, None) for rule in hits)
        else:
            row.they[each.rule] += 1
            differences.append(_difference(each, page, known))
    looked = {checker: set(paths) for checker, paths in ran.items()}
    for (path, rule, image), each in our_images.items():
        checkers = {name.partition("/")[0] for name in theirs_of(rule)}
        if "axe" in checkers:
            checkers.discard("lighthouse")  # whose rules about names are those of axe
        if (path, rule, image) in answered or not all(path in looked.get(name, ()) for name in checkers):
            continue
        rows[rule.removeprefix("imageseo/")].we += 1
        differences.append(_difference(each, by_path.get(path), known))
    return Count(rows=dict(sorted(rows.items())), differences=differences, hits=hits_by)


def _image(by_path: Mapping[str, Page], said: Said) -> int | None:
    page = by_path.get(said.page)
    return page.image(said.tag) if page is not None else None


def _difference(said: Said, page: Page | None, known: Sequence[Reason]) -> Difference:
    tag = ""
    if page is not None and said.tag is not None:
        start = page.tags[said.tag].start
        tag = " ".join(page.text[start : page.text.find(">", start) + 1].split())[:600]
    return Difference(said, tag, next((each for each in known if each.explains(said, tag)), None))


def _by_rule(differences: Sequence[Difference]) -> dict[str, str]:
    """How many there are of each rule, with one of them."""
    times = Counter(each.said.rule for each in differences)
    one = {each.said.rule: each for each in reversed(differences)}
    return {
        rule: f"{number}, such as {one[rule].said.page}: {one[rule].said.message[:90]} | {one[rule].tag[:110]}"
        for rule, number in times.most_common()
    }


def shown(found: Count) -> dict[str, Any]:
    """A table of strings, a rule a line, and what no reason explains."""
    table = {
        name: f"both {row.both}, only they {sum(row.they.values())}, only we {row.we}"
        + (f" ({', '.join(f'{rule} {times}' for rule, times in sorted(row.they.items()))})" if row.they else "")
        for name, row in found.rows.items()
    }
    open_ones = [each for each in found.differences if each.reason is None]
    return {
        "rules": table,
        "found": found.share_found("not-about-images"),
        "found_of_right": found.share_found("not-about-images", "they-are-wrong"),
        "found_by_checker": found.by_checker(),
        "explained": dict(Counter(each.reason.kind for each in found.differences if each.reason).most_common()),
        "unexplained": len(open_ones),
        "open": _by_rule(open_ones),
    }
