"""A value of front matter, read strictly: every fault names file, key, what was found and what was expected."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from imageseo.model.errors import RecipeError
from imageseo.model.site import Page
from imageseo.model.suggest import closest
from imageseo.web import urls

_T = TypeVar("_T")
_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False, "none": False}
# A word that wants to be one of those. Short ones are left out: a card may well say "one" or "go".
_MEANT_TRUTH = ("true", "yes", "false")


@dataclass(slots=True)
class FaultCollector:
    """What is wrong with one declaration, gathered so that all of it is told at once."""

    found: list[RecipeError] = field(default_factory=list)

    def attempt(self, read: Callable[[], _T], instead: _T) -> _T:
        """What ``read`` returns; ``instead`` when it finds a fault, which is kept."""
        try:
            return read()
        except RecipeError as error:
            self.found += error.faults
            return instead

    def end(self) -> None:
        """Raise what was found."""
        if self.found:
            raise RecipeError.together(self.found)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldReader:
    """A key of a page's front matter with all that is needed to read it and to complain about it.

    ``origin``: ``front matter``, ``heroes.toml`` …; ``exists``: whether the built site has a file.
    """

    page: Page
    origin: str
    key: str
    base_url: str | None
    exists: Callable[[str], bool] | None

    @property
    def where(self) -> str:
        return f"{self.origin} key `{self.key}`"

    def fault(self, key: str, problem: str, hint: str = "") -> RecipeError:
        """``docs/a.md: front matter key `hero.seed`: expected …, found …``; ``key=""``: the value as a whole."""
        name = f"{self.key}.{key}" if key else self.key
        return RecipeError(f"{self.page.key}: {self.origin} key `{name}`: {problem}", hint=hint)

    def explained(self, error: RecipeError, keys: Iterable[str], known: Sequence[str]) -> Iterator[RecipeError]:
        """A provider's faults with their place. It knows its own keys only: a slip of `alt` or `seed` looks to it like
        any unknown key.
        """
        strange = {key: close for key in keys if key not in known and (close := closest(key, known))}
        for fault in error.faults:
            about = [key for key in strange if f"'{key}'" in fault.message or f"`{key}`" in fault.message]
            hints = [f"did you mean `{strange[key]}` for `{key}`?" for key in about]
            yield self.fault("", fault.message, " ".join(filter(None, [*hints, fault.hint])))

    def text(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.fault(key, f"expected text, found {quoted(value)}")
        return value.strip()

    def whole(self, key: str, value: Any, least: int, most: int) -> int:
        """A whole number, also one written as text: flat front matter knows nothing else."""
        if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,30}\s*", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.fault(key, f"expected a whole number from {least} to {most}, found {quoted(value)}")
        return value

    def card(self, key: str, value: Any) -> Any:
        """Whether there is a card, its title, or a table of its texts. ``yes`` in quotes is no title."""
        if not isinstance(value, str):
            if isinstance(value, bool | Mapping) or value is None:
                return value
            raise self.fault(key, f"expected true, false, a title or a mapping, found {quoted(value)}")
        word = value.strip()
        if word.lower() in _TRUTH:
            return _TRUTH[word.lower()]
        meant = next((each for each in _MEANT_TRUTH if word.islower() and is_typo(word, each)), None)
        if meant:
            hint = f"did you mean `{meant}`? A card that says so is written `{key}: {{title: {word}}}`"
            raise self.fault(key, f"expected true, false, a title or a mapping, found {quoted(value)}", hint)
        return self.text(key, value)

    def mapping(self, text: str) -> Any:
        """JSON, as a ``<meta>`` and flat front matter may hold it."""
        try:
            return json.loads(text)
        except ValueError as error:
            raise self.fault("", f"looks like JSON and is none: {error}") from error

    def file(self, value: str) -> str | urls.ExternalUrl:
        """The file of the built site that a path or URL means: seen from the page's source, else from the root."""
        value = re.sub(r"^[{|](?:static|attach|filename)[}|]", "", value.strip())
        folder = self.page.hints.source_dir
        here = posixpath.join(folder, "index.html")
        # A path of front matter that starts with a slash means the site's root, wherever that is published.
        rooted = value[:1] == "/" != value[1:2]
        tried = [(value, here), (value.lstrip("/"), "index.html")] if rooted else [(value, here), (value, "index.html")]
        answers = [urls.resolve(url, page=page, base_url=self.base_url) for url, page in tried]
        found = [answer for answer in answers if isinstance(answer, str)]
        if not found:
            return answers[0]
        # Front matter holds paths, not URLs: a file may have %, # or ? in its name.
        found += [posixpath.normpath(posixpath.join(start, value.lstrip("/"))) for start in (folder, "")]
        return next((path for path in found if self.exists is not None and self.exists(path)), found[0])


def is_typo(word: str, meant: str) -> bool:
    """Whether ``word`` is ``meant`` with one letter too many or too few, or with two neighbours swapped."""
    if len(word) < len(meant):
        return any(meant[:at] + meant[at + 1 :] == word for at in range(len(meant)))
    if len(word) > len(meant):
        return any(word[:at] + word[at + 1 :] == meant for at in range(len(word)))
    wrong = [at for at, (one, other) in enumerate(zip(word, meant, strict=True)) if one != other]
    swapped = len(wrong) == 2 and wrong[1] == wrong[0] + 1
    return swapped and word[wrong[0]] == meant[wrong[1]] and word[wrong[1]] == meant[wrong[0]]


def join_words(keys: Iterable[str]) -> str:
    return ", ".join(f"`{key}`" for key in keys) or "nothing"


def quoted(value: Any) -> str:
    """A value for a message, never longer than a line."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
