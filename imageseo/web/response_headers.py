"""The X-Robots-Tag headers that a host adds to the files of a site, as ``_headers`` and netlify.toml declare them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

_NAME = "x-robots-tag"
_WILDCARDS = re.compile(r"(\*|:[A-Za-z]\w*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _HeaderRule:
    """Values for the URLs that a pattern matches; ``host``: None for any host."""

    host: re.Pattern[str] | None
    path: re.Pattern[str]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderRules:
    """All rules of a site that set X-Robots-Tag."""

    rules: tuple[_HeaderRule, ...] = ()

    @classmethod
    def parse(cls, headers: str, config: Mapping[str, Any] | None = None) -> HeaderRules:
        """Read the text of ``_headers`` (Netlify, Cloudflare Pages), and the content of a netlify.toml."""
        return cls(rules=(*_from_headers_file(headers), *_from_netlify(config or {})))

    def values(self, path: str, *, host: str) -> list[str]:
        """Return the values for a file of the site: ``guide/index.html`` is served as ``/guide/`` too."""
        if not self.rules:
            return []
        served = {f"/{path}", f"/{path.removesuffix('index.html')}" if _is_index(path) else f"/{path}"}
        served |= {f"/{path.removesuffix('.html')}"}
        return [
            value
            for rule in self.rules
            if (rule.host is None or rule.host.fullmatch(host.lower())) and any(map(rule.path.fullmatch, served))
            for value in rule.values
        ]


def _is_index(path: str) -> bool:
    return path == "index.html" or path.endswith("/index.html")


def _from_headers_file(text: str) -> Iterator[_HeaderRule]:
    pattern, values = "", list[str]()
    for line in [*text.splitlines(), "/"]:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not line[0].isspace():
            if pattern and values:
                yield _rule(pattern, values)
            pattern, values = line.strip(), []
            continue
        name, colon, value = line.partition(":")
        if colon and name.strip().lower() == _NAME:
            values.append(value.strip())


def _from_netlify(config: Mapping[str, Any]) -> Iterator[_HeaderRule]:
    tables = config.get("headers")
    for table in tables if isinstance(tables, list) else ():
        pattern, declared = (table.get("for"), table.get("values")) if isinstance(table, Mapping) else (None, None)
        if not isinstance(pattern, str) or not isinstance(declared, Mapping):
            continue
        values = [
            str(value)
            for name, found in declared.items()
            if str(name).lower() == _NAME
            for value in (found if isinstance(found, list) else [found])
        ]
        if values:
            yield _rule(pattern, values)


def _rule(pattern: str, values: list[str]) -> _HeaderRule:
    """Make a rule; a pattern with a host (``https://:project.pages.dev/*``) applies to that host only."""
    host, path = None, pattern
    if "://" in pattern:
        host, slash, rest = pattern.partition("://")[2].partition("/")
        path = slash + rest if slash else "/*"
    return _HeaderRule(
        host=None if host is None else _regex(host.lower()), path=_regex(unquote(path)), values=tuple(values)
    )


def _regex(pattern: str) -> re.Pattern[str]:
    parts = _WILDCARDS.split(pattern)
    wildcards = (".*" if part == "*" else "[^/]+" for part in parts[1::2])
    literals = map(re.escape, parts[::2])
    return re.compile("".join(literal + next(wildcards, "") for literal in literals), re.DOTALL)


def host_of(base_url: str) -> str:
    """Return the host of an absolute URL, in lower case; ``""`` for an invalid one."""
    try:
        return (urlsplit(base_url).hostname or "").lower()
    except ValueError:
        return ""
