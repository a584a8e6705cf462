"""The headers that a host adds to the files of a site, as ``_headers`` and netlify.toml declare them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

ROBOTS = "x-robots-tag"
SECURITY_POLICY = "content-security-policy"
CACHE = "cache-control"
_NAMES = (ROBOTS, SECURITY_POLICY, CACHE)
_WILDCARDS = re.compile(r"(\*|:[A-Za-z]\w*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _HeaderRule:
    """Values of a header for the URLs that a pattern matches; ``host``: None for any host."""

    name: str
    host: re.Pattern[str] | None
    path: re.Pattern[str]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderRules:
    """All rules of a site that set X-Robots-Tag, Content-Security-Policy or Cache-Control."""

    rules: tuple[_HeaderRule, ...] = ()

    @classmethod
    def parse(cls, headers: str, config: Mapping[str, Any] | None = None) -> HeaderRules:
        """Read the text of ``_headers`` (Netlify, Cloudflare Pages), and the content of a netlify.toml."""
        return cls(rules=(*_from_headers_file(headers), *_from_netlify(config or {})))

    def values(self, path: str, name: str, *, host: str | None) -> list[str]:
        """Return the values of a header for a file of the site: ``guide/index.html`` is served as ``/guide/`` too.

        ``host``: None for the values of all hosts together.
        """
        if not self.rules:
            return []
        served = {f"/{path}", f"/{path.removesuffix('index.html')}" if _is_index(path) else f"/{path}"}
        served |= {f"/{path.removesuffix('.html')}"}
        return [
            value
            for rule in self.rules
            if rule.name == name
            and (rule.host is None or host is None or rule.host.fullmatch(host.lower()))
            and any(map(rule.path.fullmatch, served))
            for value in rule.values
        ]


def _is_index(path: str) -> bool:
    return path == "index.html" or path.endswith("/index.html")


def _from_headers_file(text: str) -> Iterator[_HeaderRule]:
    pattern, values = "", dict[str, list[str]]()
    for line in [*text.splitlines(), "/"]:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not line[0].isspace():
            yield from _rules(pattern, values)
            pattern, values = line.strip(), {}
            continue
        name, colon, value = line.partition(":")
        if colon:
            values.setdefault(name.strip().lower(), []).append(value.strip())


def _from_netlify(config: Mapping[str, Any]) -> Iterator[_HeaderRule]:
    tables = config.get("headers")
    for table in tables if isinstance(tables, list) else ():
        pattern, declared = (table.get("for"), table.get("values")) if isinstance(table, Mapping) else (None, None)
        if not isinstance(pattern, str) or not isinstance(declared, Mapping):
            continue
        values: dict[str, list[str]] = {}
        for name, found in declared.items():
            each = values.setdefault(str(name).strip().lower(), [])
            each += map(str, found if isinstance(found, list) else [found])
        yield from _rules(pattern, values)


def _rules(pattern: str, values: Mapping[str, list[str]]) -> Iterator[_HeaderRule]:
    """Yield the rules of a block; a pattern with a host (``https://:project.pages.dev/*``) applies to that host only.

    ``values``: of all headers, by name in lower case.
    """
    wanted = [name for name in _NAMES if values.get(name)]
    if not pattern or not wanted:
        return
    host, path = None, pattern
    if "://" in pattern:
        host, slash, rest = pattern.partition("://")[2].partition("/")
        path = slash + rest if slash else "/*"
    host_regex, path_regex = None if host is None else _regex(host.lower()), _regex(unquote(path))
    for name in wanted:
        yield _HeaderRule(name=name, host=host_regex, path=path_regex, values=tuple(values[name]))


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
