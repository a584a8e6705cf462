"""A value of front matter, read strictly: every fault names file, key, what was found and what was expected."""

from __future__ import annotations

import difflib
import json
import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from imageseo.core import urls
from imageseo.errors import RecipeError
from imageseo.model.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
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

    def text(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.fault(key, f"expected text, found {show(value)}")
        return value.strip()

    def whole(self, key: str, value: Any, least: int, most: int) -> int:
        """A whole number, also one written as text: flat front matter knows nothing else."""
        if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,30}\s*", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.fault(key, f"expected a whole number from {least} to {most}, found {show(value)}")
        return value

    def mapping(self, text: str) -> Any:
        """JSON, as a ``<meta>`` and flat front matter may hold it."""
        try:
            return json.loads(text)
        except ValueError as error:
            raise self.fault("", f"looks like JSON and is none: {error}") from error

    def file(self, value: str) -> str | urls.Elsewhere:
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


def near(key: str, known: Iterable[str], *, surely: bool = False) -> str | None:
    """The known key that was likely meant."""
    return next(iter(difflib.get_close_matches(key, list(known), n=1, cutoff=0.8 if surely else 0.6)), None)


def listed(keys: Iterable[str]) -> str:
    return ", ".join(f"`{key}`" for key in keys) or "nothing"


def show(value: Any) -> str:
    """A value for a message, never longer than a line."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
