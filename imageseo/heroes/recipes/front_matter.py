"""Read values of front matter strictly; every fault names file, key, expected and found value."""

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
_NO_JSON = "a mapping instead of a text (without quotes around it), or flat keys such as `{key}_style`"
_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False, "none": False}
# Words whose misspellings are reported. Short ones are left out: the title of a card may well be "one" or "go".
_TYPO_CHECKED = ("true", "yes", "false")


@dataclass(slots=True)
class FaultCollector:
    """Collects the faults of one declaration, so that all of them are reported at once."""

    faults: list[RecipeError] = field(default_factory=list)

    def attempt(self, read: Callable[[], _T], default: _T) -> _T:
        """Return what ``read`` returns; ``default`` if it raises RecipeError, which is collected."""
        try:
            return read()
        except RecipeError as error:
            self.faults += error.faults
            return default

    def raise_if_any(self) -> None:
        """Raise all collected faults as one RecipeError."""
        if self.faults:
            raise RecipeError.together(self.faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldReader:
    """Reads a key of a page's front matter and creates its error messages.

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
        """``docs/a.md: front matter key `hero.seed`: expected …, found …``; ``key=""``: the whole value."""
        name = f"{self.key}.{key}" if key else self.key
        return RecipeError(f"{self.page.key}: {self.origin} key `{name}`: {problem}", hint=hint)

    def explain(self, error: RecipeError, keys: Iterable[str], known: Sequence[str]) -> Iterator[RecipeError]:
        """Add page and key to a provider's faults, and suggestions for misspelt keys.

        A provider only knows its own options, so it cannot suggest ``alt`` or ``seed`` for an unknown key.
        """
        suggestions = {key: close for key in keys if key not in known and (close := closest(key, known))}
        for fault in error.faults:
            unknown = [key for key in suggestions if f"'{key}'" in fault.message or f"`{key}`" in fault.message]
            hints = [f"did you mean `{suggestions[key]}` for `{key}`?" for key in unknown]
            yield self.fault("", fault.message, " ".join(filter(None, [*hints, fault.hint])))

    def text(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.fault(key, f"expected text, found {format_value(value)}")
        return value.strip()

    def whole_number(self, key: str, value: Any, least: int, most: int) -> int:
        """Return a whole number; text is converted, because flat front matter contains nothing else."""
        if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,30}\s*", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.fault(key, f"expected a whole number from {least} to {most}, found {format_value(value)}")
        return value

    def card(self, key: str, value: Any) -> Any:
        """Return whether there is a card, its title, or a table of its texts. ``yes`` in quotes is not a title."""
        if not isinstance(value, str):
            if isinstance(value, bool | Mapping) or value is None:
                return value
            raise self.fault(key, f"expected true, false, a title or a mapping, found {format_value(value)}")
        text = value.strip()
        if text.lower() in _TRUTH:
            return _TRUTH[text.lower()]
        intended = next((word for word in _TYPO_CHECKED if text.islower() and is_typo(text, word)), None)
        if intended:
            hint = f"did you mean `{intended}`? If it is the title of the card, write `{key}: {{title: {text}}}`"
            raise self.fault(key, f"expected true, false, a title or a mapping, found {format_value(value)}", hint)
        return self.text(key, value)

    def parse_json(self, text: str) -> Any:
        """Parse JSON, which a ``<meta>`` and flat front matter may contain."""
        try:
            return json.loads(text)
        except RecursionError as error:
            raise self.fault("", "brackets are nested too deeply") from error
        except ValueError as error:
            hint = 'write JSON, such as `{"style": "ridges", "seed": 7}`, or '
            hint += "an inline TOML table" if self.origin.startswith("<meta") else _NO_JSON.format(key=self.key)
            raise self.fault("", f"not valid JSON: {error}", hint) from error

    def resolve_file(self, value: str) -> str | urls.ExternalUrl:
        """Resolve a path or URL to a file of the built site: relative to the page's source, else to the root."""
        value = re.sub(r"^[{|](?:static|attach|filename)[}|]", "", value.strip())
        folder = self.page.hints.source_dir
        source = posixpath.join(folder, "index.html")
        # In front matter, a leading slash means the site's root, even if the site is published below a path.
        is_rooted = value[:1] == "/" != value[1:2]
        attempts = [(value, source), (value.lstrip("/") if is_rooted else value, "index.html")]
        resolved = [urls.resolve(url, page=page, base_url=self.base_url) for url, page in attempts]
        found = [path for path in resolved if isinstance(path, str)]
        if not found:
            return resolved[0]
        # Front matter contains paths, not URLs: a file name may contain %, # or ?.
        found += [posixpath.normpath(posixpath.join(start, value.lstrip("/"))) for start in (folder, "")]
        return next((path for path in found if self.exists is not None and self.exists(path)), found[0])


def is_typo(word: str, intended: str) -> bool:
    """Whether ``word`` is ``intended`` with one letter too many or too few, or with two neighbours swapped."""
    if len(word) < len(intended):
        return any(intended[:at] + intended[at + 1 :] == word for at in range(len(intended)))
    if len(word) > len(intended):
        return any(word[:at] + word[at + 1 :] == intended for at in range(len(word)))
    wrong = [at for at, (left, right) in enumerate(zip(word, intended, strict=True)) if left != right]
    swapped = len(wrong) == 2 and wrong[1] == wrong[0] + 1
    return swapped and word[wrong[0]] == intended[wrong[1]] and word[wrong[1]] == intended[wrong[0]]


def join_keys(keys: Iterable[str]) -> str:
    return ", ".join(f"`{key}`" for key in keys) or "nothing"


def format_value(value: Any) -> str:
    """Format a value for a message, in at most 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
