"""Take prompts out of errors: servers and libraries quote what they were sent, and errors end up in logs of CI."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from imageseo.heroes.policy.rules import described
from imageseo.model.errors import ImageseoError, RecipeError
from imageseo.model.hero import Recipe

MASK = "[prompt]"
_PIECE = 12  # characters: shorter parts of a prompt are words that any error may have
_SHORTEST = 6  # a whole prompt that is shorter is no secret


def scrub_error(error: ImageseoError, recipe: Recipe) -> ImageseoError:
    """Take the texts of a recipe out of an error, and return it. Names of files and options stay."""
    negative = recipe.options.get("negative")
    secrets = [*described(recipe.options), *([negative] if isinstance(negative, str) else [])]
    _scrub(error, secrets)
    return error


def _scrub(error: ImageseoError, secrets: list[str]) -> None:
    faults = error.faults if isinstance(error, RecipeError) else ()
    for each in {id(fault): fault for fault in (error, *faults)}.values():
        each.message, each.hint = scrub(each.message, secrets), scrub(each.hint, secrets)
        each.args = (each.message,)


def scrub(text: str, secrets: Iterable[str]) -> str:
    """Return a text in which the secrets, and all longer parts of them, are masked, also where they are escaped."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a letter whose small form is longer
        lowered = text
    hidden = bytearray(len(text))
    for secret in dict.fromkeys(each.strip().lower() for each in secrets):
        for spelling in dict.fromkeys(_spellings(secret)):
            _mark(lowered, spelling, hidden)
    parts = []
    for at, letter in enumerate(text):
        if not hidden[at]:
            parts.append(letter)
        elif at == 0 or not hidden[at - 1]:
            parts.append(MASK)
    return "".join(parts)


def _mark(text: str, secret: str, hidden: bytearray) -> None:
    size = min(_PIECE, len(secret))
    if size < _SHORTEST:
        return
    pieces = {secret[at : at + size] for at in range(len(secret) - size + 1)}
    for at in range(len(text) - size + 1):
        if text[at : at + size] in pieces:
            hidden[at : at + size] = b"\1" * size


def _spellings(secret: str) -> Iterator[str]:
    """Yield a text as it is, and as errors and logs escape it."""
    yield secret
    yield " ".join(secret.split())
    for escaped in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]):
        yield escaped.lower()
    for escaped in (html.escape(secret), quote(secret), quote_plus(secret)):
        yield escaped.lower()
