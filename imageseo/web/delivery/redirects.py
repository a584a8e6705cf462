"""Redirects of single files, in the formats of Netlify, Cloudflare Pages, nginx and Apache."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

MAX_STATIC = 2000
MAX_DYNAMIC = 100
MAX_LINE = 1000
"""What Cloudflare Pages reads of ``_redirects``: rules without and with wildcards, and characters of a rule."""

_DYNAMIC = re.compile(r"\*|:[A-Za-z]\w*")
_SCHEME = re.compile(r"^https?://[^/]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRule:
    """One rule of a ``_redirects`` file. ``line``: 1-based."""

    source: str
    target: str
    line: int

    @property
    def path(self) -> str:
        """The decoded path of the source, without scheme and host."""
        return unquote(_SCHEME.sub("", self.source)) or "/"

    @property
    def is_dynamic(self) -> bool:
        """Whether the source has a wildcard or a placeholder."""
        return _DYNAMIC.search(_SCHEME.sub("", self.source)) is not None


def parse_rules(text: str) -> list[UserRule]:
    """Return the rules of a ``_redirects`` file; lines that hosts ignore are left out."""
    rules: list[UserRule] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        written = line.strip()
        parts = written.split()
        if written and not written.startswith("#") and len(parts) > 1 and parts[0].startswith(("/", "http")):
            rules.append(UserRule(source=parts[0], target=parts[1], line=number))
    return rules


def limit_fault(rules: Iterable[str]) -> str | None:
    """Return how sources of rules, in order, exceed what Cloudflare Pages reads; None if they do not.

    Its parser counts every rule from the first one with a wildcard or placeholder as dynamic.
    """
    static = dynamic = 0
    for source in rules:
        if dynamic or _DYNAMIC.search(_SCHEME.sub("", source)):
            dynamic += 1
        else:
            static += 1
    if static > MAX_STATIC:
        return f"{static:,} static redirects; Cloudflare Pages reads {MAX_STATIC:,}, and drops the others"
    if dynamic > MAX_DYNAMIC:
        return (
            f"{dynamic:,} redirects from the first one with a wildcard on; Cloudflare Pages reads {MAX_DYNAMIC}, and "
            "drops the others"
        )
    return None


def spellings(path: str) -> list[str]:
    """Return a path, and its other Unicode normal form if it has one: file systems and editors write either."""
    return list(dict.fromkeys([path, unicodedata.normalize("NFC", path), unicodedata.normalize("NFD", path)]))


def resolved(redirects: Mapping[str, str], rules: Sequence[UserRule]) -> dict[str, str]:
    """Return the redirects that agree with an author's own rules: neither chains nor loops, nor a source twice.

    Keys and values are decoded paths from the host's root. A source that the author redirects is the author's; a target
    that the author redirects is followed to its end, and the redirect is left out if that leads in a circle or away.
    """
    own: dict[str, str] = {}
    for rule in rules:
        if not rule.is_dynamic:
            own.setdefault(rule.path, unquote(_SCHEME.sub("", rule.target)) if rule.target.startswith("/") else "")
    found: dict[str, str] = {}
    for source, target in redirects.items():
        if any(each in own for each in spellings(source)):
            continue
        seen = {source}
        while target in own and target not in seen:
            seen.add(target)
            target = own[target]
        if target and target not in seen:
            found[source] = target
    return found


def netlify(redirects: Mapping[str, str], *, forced: bool) -> list[str]:
    """Return lines for ``_redirects``. ``forced``: also where a file has the source's path (Netlify alone reads it)."""
    code = "301!" if forced else "301"
    return [f"{_quoted(old)} {_quoted(new)} {code}" for old, new in _each(redirects)]


def nginx(redirects: Mapping[str, str]) -> list[str]:
    """Return lines for a ``server`` block."""
    pairs = ((_nginx_text(old), _nginx_text(_quoted(new))) for old, new in _each(redirects))
    return [f"location = {old} {{ return 301 {new}; }}" for old, new in pairs]


def apache(redirects: Mapping[str, str]) -> list[str]:
    """Return lines for ``.htaccess``."""
    lines = [f"  Redirect 301 {_apache_text(old)} {_apache_text(_quoted(new))}" for old, new in _each(redirects)]
    return ["<IfModule mod_alias.c>", *lines, "</IfModule>"] if lines else []


def _each(redirects: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(spelling, new) for old, new in sorted(redirects.items()) for spelling in spellings(old)]


def _quoted(path: str) -> str:
    return quote(path, safe="/!'()+,;=@~-._", errors="surrogateescape")


def _nginx_text(text: str) -> str:
    escaped = re.sub(r'(["\\])', r"\\\1", text)
    return f'"{escaped}"'


def _apache_text(text: str) -> str:
    escaped = re.sub(r'(["\\])', r"\\\1", text)
    return f'"{escaped}"'
