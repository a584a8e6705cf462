"""Render prompt templates in sandboxed Jinja2, with named variables only, and clean up the resulting text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from imageseo.heroes.recipes.front_matter import format_value, join_keys
from imageseo.model.errors import RecipeError
from imageseo.model.suggest import closest

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import SandboxedEnvironment

_MAX_LENGTH = 10_000  # characters
_UNDEFINED = re.compile(r"'(\w+)' is undefined")
_ADDRESS = re.compile(r"<[^<>]* at 0x[0-9a-fA-F]+>")
_COMMAS = re.compile(r"\s*,[\s,]*")


def is_template(text: str) -> bool:
    """Whether a text contains Jinja2 syntax."""
    return "{{" in text or "{%" in text


@lru_cache(maxsize=1024)  # a site's pages share their templates
def find_variables(source: str) -> frozenset[str]:
    """Return the variables that a template uses. Raises RecipeError with the line of a syntax error."""
    from jinja2 import TemplateError, meta
    from jinja2.exceptions import TemplateSyntaxError

    try:
        return frozenset(meta.find_undeclared_variables(_environment().parse(source)))
    except TemplateSyntaxError as error:
        raise RecipeError(f"line {error.lineno}: {error.message}", hint="the language is Jinja2's") from error
    except (TemplateError, RecursionError) as error:
        raise RecipeError(f"not a valid template: {error or type(error).__name__}") from error


def render(source: str, values: Mapping[str, Any], known: Iterable[str]) -> str:
    """Render a template and tidy its text. ``known``: all variables that templates may use.

    Raises RecipeError for a variable without a value, and for any other error of the template.
    """
    from jinja2 import UndefinedError
    from jinja2.exceptions import SecurityError, TemplateSyntaxError

    try:
        text = _compiled(source).render(dict(values))
    except RecipeError:
        raise
    except TemplateSyntaxError as error:
        raise RecipeError(f"line {error.lineno}: {error.message}", hint="the language is Jinja2's") from error
    except UndefinedError as error:
        raise _undefined_variable(str(error), values, known) from error
    except SecurityError as error:
        raise RecipeError(f"does what templates are not allowed to do: {error}") from error
    except Exception as error:  # an author's expression may fail in any way: a sum of texts, a wrong filter
        raise RecipeError(f"cannot be rendered: {error or type(error).__name__}") from error
    if match := _ADDRESS.search(text):  # joined to a text by `~`, or converted to text by a filter
        raise _not_text(match[0].split(" at 0x")[0].strip("<>"))
    if len(text) > _MAX_LENGTH:
        raise RecipeError(f"renders to {len(text)} characters, expected at most {_MAX_LENGTH}")
    return tidy(text)


def tidy(text: str) -> str:
    """Collapse spaces and drop the commas that an empty variable leaves behind; ``1,000`` is not changed."""
    text = " ".join(text.split())
    text = _COMMAS.sub(lambda match: "," if match[0] == "," else ", ", text)
    text = re.sub(r"([(\[]), ", r"\1", text)
    text = re.sub(r",\s*(?=[)\].;:!?](?:\s|$))", "", text)
    return text.strip(" ,")


def split_terms(text: str) -> Iterator[str]:
    """Split a prompt at its commas, except those within brackets."""
    depth, start = 0, 0
    for at, char in enumerate(text):
        escaped = at > 0 and text[at - 1] == "\\"
        if char in "([" and not escaped:
            depth += 1
        elif char in ")]" and not escaped:
            depth = max(depth - 1, 0)
        elif char == "," and not depth:
            yield text[start:at].strip()
            start = at + 1
    yield text[start:].strip()


def join_terms(texts: Iterable[str]) -> str:
    """Join the terms of all texts in order, without repetitions."""
    found: dict[str, str] = {}
    for text in texts:
        for term in split_terms(tidy(text)):
            if term:
                found.setdefault(term.casefold(), term)
    return ", ".join(found.values())


def _undefined_variable(message: str, values: Mapping[str, Any], known: Iterable[str]) -> RecipeError:
    match = _UNDEFINED.search(message)
    if match is None:
        return RecipeError(f"cannot be rendered: {message}", hint=f"available: {join_keys(sorted(values))}")
    name = match[1]
    if name in known:
        optional = f"make it optional: `{{{{ {name} | default('') }}}}`"
        return RecipeError(
            f"uses `{name}`, which has no value",
            hint=f"set it, or {optional}; available: {join_keys(sorted(values))}",
        )
    close = closest(name, known)
    hint = f"did you mean `{close}`?" if close else f"available: {join_keys(known)}"
    return RecipeError(f"uses the unknown variable {format_value(name)}", hint=hint)


def _finalize(value: Any) -> Any:
    """Convert the value of ``{{ … }}`` to text: lists such as ``tags`` are joined by commas, also behind filters.

    Other objects are rejected: Python's text for them contains an address, which differs in every process.
    """
    from jinja2 import Undefined

    if isinstance(value, list | tuple | Iterator):
        return ", ".join(str(_finalize(item)) for item in value)
    if value is None or isinstance(value, str | int | float | Undefined):
        return value
    raise _not_text(type(value).__name__)


def _not_text(kind: str) -> RecipeError:
    return RecipeError(
        f"found {format_value(kind)}, expected text, a number or a list of them",
        hint="name one of its parts, or join them: `| join(', ')`",
    )


@lru_cache(maxsize=1024)
def _compiled(source: str) -> Template:
    return _environment().from_string(source)


@cache
def _environment() -> SandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(autoescape=False, undefined=StrictUndefined, finalize=_finalize)
    # Equal recipes must give equal prompts.
    del environment.globals["lipsum"], environment.filters["random"]
    return environment
