"""Templates of prompts: sandboxed Jinja2 that knows nothing but named words, and the text that it leaves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from imageseo.heroes.recipes.front_matter import join_words, quoted
from imageseo.model.errors import RecipeError
from imageseo.model.suggest import closest

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import SandboxedEnvironment

_LONGEST = 10_000
_UNDEFINED = re.compile(r"'(\w+)' is undefined")
_ADDRESS = re.compile(r"<[^<>]* at 0x[0-9a-fA-F]+>")
_COMMAS = re.compile(r"\s*,[\s,]*")


def is_template(text: str) -> bool:
    """Whether a text asks to be filled in."""
    return "{{" in text or "{%" in text


@lru_cache(maxsize=1024)  # a site's pages share their templates
def variables(source: str) -> frozenset[str]:
    """The words that a template asks for. Raises RecipeError with the line of what is no Jinja2."""
    from jinja2 import TemplateError, meta
    from jinja2.exceptions import TemplateSyntaxError

    try:
        return frozenset(meta.find_undeclared_variables(_environment().parse(source)))
    except TemplateSyntaxError as error:
        raise RecipeError(f"line {error.lineno}: {error.message}", hint="the language is Jinja2's") from error
    except (TemplateError, RecursionError) as error:
        raise RecipeError(f"is no template: {error or type(error).__name__}") from error


def render(source: str, words: Mapping[str, Any], known: Iterable[str]) -> str:
    """The text of a template, tidied. ``known``: every word that there could be.

    Raises RecipeError for a word that is not among ``words``, and for whatever else goes wrong in there.
    """
    from jinja2 import UndefinedError
    from jinja2.exceptions import SecurityError, TemplateSyntaxError

    try:
        text = _compiled(source).render(dict(words))
    except RecipeError:
        raise
    except TemplateSyntaxError as error:
        raise RecipeError(f"line {error.lineno}: {error.message}", hint="the language is Jinja2's") from error
    except UndefinedError as error:
        raise _undefined(str(error), words, known) from error
    except SecurityError as error:
        raise RecipeError(f"does what no template may: {error}") from error
    except Exception as error:  # an author's expression may fail in any way: a sum of texts, a wrong filter
        raise RecipeError(f"cannot be filled in: {error or type(error).__name__}") from error
    if match := _ADDRESS.search(text):  # joined to a text by `~`, or made one by a filter
        raise _wordless(match[0].split(" at 0x")[0].strip("<>"))
    if len(text) > _LONGEST:
        raise RecipeError(f"gives {len(text)} characters, expected no more than {_LONGEST}")
    return tidy(text)


def tidy(text: str) -> str:
    """Single spaces, and no comma but between two parts: what an empty word leaves behind goes. ``1,000`` stays."""
    text = " ".join(text.split())
    text = _COMMAS.sub(lambda match: "," if match[0] == "," else ", ", text)
    text = re.sub(r"([(\[]), ", r"\1", text)
    text = re.sub(r",\s*(?=[)\].;:!?](?:\s|$))", "", text)
    return text.strip(" ,")


def terms(text: str) -> Iterator[str]:
    """The parts of a prompt between its commas; those within brackets belong to a part."""
    depth, start = 0, 0
    for at, sign in enumerate(text):
        escaped = at > 0 and text[at - 1] == "\\"
        if sign in "([" and not escaped:
            depth += 1
        elif sign in ")]" and not escaped:
            depth = max(depth - 1, 0)
        elif sign == "," and not depth:
            yield text[start:at].strip()
            start = at + 1
    yield text[start:].strip()


def joined(texts: Iterable[str]) -> str:
    """The terms of all texts in order, each of them once."""
    found: dict[str, str] = {}
    for text in texts:
        for term in terms(tidy(text)):
            if term:
                found.setdefault(term.casefold(), term)
    return ", ".join(found.values())


def _undefined(message: str, words: Mapping[str, Any], known: Iterable[str]) -> RecipeError:
    match = _UNDEFINED.search(message)
    if match is None:
        return RecipeError(f"cannot be filled in: {message}", hint=f"there are {join_words(sorted(words))}")
    name = match[1]
    if name in known:
        return RecipeError(
            f"needs `{name}`, and nobody gave it",
            hint=f"give it, or do without: `{{{{ {name} | default('') }}}}`; given are {join_words(sorted(words))}",
        )
    close = closest(name, known)
    meant = f"did you mean `{close}`?" if close else f"there are {join_words(known)}"
    return RecipeError(f"asks for {quoted(name)}, which is no word of a prompt", hint=meant)


def _finalize(value: Any) -> Any:
    """``{{ tags }}`` says them as a person would, and so do the filters that go through them one by one.

    What else has no words of its own is refused: Python's for it hold an address, another one in every process.
    """
    from jinja2 import Undefined

    if isinstance(value, list | tuple | Iterator):
        return ", ".join(str(_finalize(each)) for each in value)
    if value is None or isinstance(value, str | int | float | Undefined):
        return value
    raise _wordless(type(value).__name__)


def _wordless(what: str) -> RecipeError:
    return RecipeError(
        f"says {quoted(what)}, expected a text, a number or a list of them",
        hint="name the part of it that is meant, or join its parts: `| join(', ')`",
    )


@lru_cache(maxsize=1024)
def _compiled(source: str) -> Template:
    return _environment().from_string(source)


@cache
def _environment() -> SandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    made = ImmutableSandboxedEnvironment(autoescape=False, undefined=StrictUndefined, finalize=_finalize)
    # Equal recipes give equal prompts.
    del made.globals["lipsum"], made.filters["random"]
    return made
