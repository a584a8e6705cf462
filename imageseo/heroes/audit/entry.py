"""One line of the audit log: what happened to a hero, without its prompt, and the hash that ties it to others."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from imageseo.model.hero import Pin, Recipe

EVENTS = (
    *("generated", "adopted", "picked", "undone", "unpinned", "shared"),  # the pin of a page has changed
    *("candidate", "rejected", "failed", "refused", "fetched", "approved", "repaired"),
)
_LINE = re.compile(rb'(\{.*,"prev":\[((?:"[0-9a-f]{64}",?)*)\]),"hash":"([0-9a-f]{64})"\}')
_HASH = re.compile(rb"[0-9a-f]{64}")
_MAX_REASON = 500  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """What is recorded. ``event``: one of ``EVENTS``. ``prompt``: the hash of it; ``text``: the prompt itself, if the
    settings allow it. ``models``: role -> digest of the files. ``image``: the hash of the master. ``recipe``: its hash.
    ``source``: where an image was fetched from, without user, password and query. ``details``: other values of JSON.
    """

    event: str
    page: str = ""
    provider: str = ""
    recipe: str = ""
    prompt: str = ""
    text: str = ""
    seed: int | None = None
    model: str = ""
    models: Mapping[str, str] = field(default_factory=dict)
    image: str = ""
    source: str = ""
    reason: str = ""
    role: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_recipe(cls, event: str, page: str, recipe: Recipe, *, text: bool = False, **more: Any) -> AuditEntry:
        """Return the entry of a recipe. ``text``: also record the prompt itself."""
        prompt = recipe.options.get("prompt")
        words = prompt if isinstance(prompt, str) else ""
        model = recipe.options.get("model")
        return cls(
            event=event,
            page=page,
            provider=recipe.provider,
            recipe=recipe.key,
            prompt=hash_text(words) if words else "",
            text=words if text else "",
            seed=recipe.seed,
            model=model if isinstance(model, str) else "",
            **more,
        )

    @classmethod
    def of_pin(cls, event: str, pin: Pin, *, text: bool = False, **more: Any) -> AuditEntry:
        """Return the entry of a pin."""
        return cls.of_recipe(
            event, pin.page, pin.recipe, text=text, models=dict(pin.models), image=pin.file_sha256, **more
        )

    @classmethod
    def of_fetch(cls, page: str, recipe: Recipe, url: str, data: bytes, *, text: bool = False) -> AuditEntry:
        """Return the entry of an image that came from a server. ``url``: recorded without user, password and query."""
        image = f"sha256:{hashlib.sha256(data).hexdigest()}"
        return cls.of_recipe("fetched", page, recipe, text=text, source=public_address(url), image=image)

    def line(self, *, when: str, by: str, previous: Iterable[str]) -> tuple[bytes, str]:
        """Return the line with its line feed, and its hash: the SHA-256 of all that stands before ``,"hash"``."""
        values: dict[str, Any] = {"event": self.event, "when": when, "by": by}
        values |= {each.name: getattr(self, each.name) for each in fields(self) if each.name != "event"}
        values["reason"] = values["reason"][:_MAX_REASON]
        kept = {key: value for key, value in values.items() if value not in (None, "", {})}
        head = json.dumps({**kept, "prev": sorted(previous)}, separators=(",", ":"), ensure_ascii=True, default=str)
        body = head.removesuffix("}").encode()
        digest = hashlib.sha256(body).hexdigest()
        return body + f',"hash":"{digest}"}}\n'.encode(), digest


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """A line as it stands in the file. ``hash``: the one it names. ``intact``: whether it is that of its text."""

    body: bytes
    previous: tuple[str, ...]
    hash: str

    @classmethod
    def of(cls, line: bytes) -> ReadLine | None:
        """Return a line without its line feed; None for anything that ``AuditEntry.line`` does not write."""
        match = _LINE.fullmatch(line)
        if match is None:
            return None
        previous = tuple(each.decode() for each in _HASH.findall(match[2]))
        return cls(body=match[1], previous=previous, hash=match[3].decode())

    @property
    def intact(self) -> bool:
        return hashlib.sha256(self.body).hexdigest() == self.hash

    @property
    def values(self) -> Mapping[str, Any]:
        """Return what the line says; empty if it cannot be read."""
        try:
            found = json.loads(self.body + b"}")
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def ends(lines: Iterable[ReadLine]) -> Collection[str]:
    """Return the hashes that no line names as a former one: one, or several after a merge of two branches."""
    named: set[str] = set()
    hashes: dict[str, None] = {}
    for line in lines:
        hashes[line.hash] = None
        named.update(line.previous)
    return [each for each in hashes if each not in named]


def public_address(url: str) -> str:
    """Return a URL without user, password, query and fragment, where keys and tokens are; ``""`` if it is none."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    host = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, f"{host}{port}", parts.path, "", "")) if host else ""


def hash_text(text: str) -> str:
    """Return ``sha256:…`` of a text."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
