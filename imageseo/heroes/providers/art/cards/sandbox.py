"""Templates of cards, rendered without access to files, and stopped before they run or grow without end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from imageseo.model.errors import RecipeError

_MOST_STEPS = 20_000
_MOST_CHARACTERS = 4_000_000
_FILTERS = frozenset(
    (
        *("abs", "capitalize", "d", "default", "e", "escape", "first", "float", "forceescape", "int", "join", "last"),
        *("length", "list", "lower", "max", "min", "reject", "rejectattr", "replace", "reverse", "round", "safe"),
        *("select", "selectattr", "sort", "string", "sum", "title", "trim", "truncate", "upper"),
    )
)
_GROWING_METHODS = frozenset(("ljust", "rjust", "center", "zfill", "expandtabs", "format", "format_map", "join"))


class _Exhausted(Exception):
    """A template took more steps, or wrote more text, than any card needs."""


class _Environment(SandboxedEnvironment):
    """Counts loops, calls and characters of one rendering."""

    intercepted_binops = frozenset(("*", "**", "+", "%"))

    def __init__(self) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined, finalize=self._count_text)
        self.filters = {name: each for name, each in self.filters.items() if name in _FILTERS}
        self.globals = {"range": self._range, "_counted": self._counted, "_step": self._step, "_joined": self._joined}
        self._steps = self._characters = 0

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, str) and attr in _GROWING_METHODS:
            return False
        return super().is_safe_attribute(obj, attr, value)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "%" and isinstance(left, str):
            raise _Exhausted("`%` formats no text here: join texts with `~`")
        if operator in ("*", "**") and not (_is_number(left) and _is_number(right)):
            raise _Exhausted(f"`{operator}` is for numbers")
        if operator == "**" and (abs(left) > 10_000 or abs(right) > 8):
            raise _Exhausted("a power is too large")
        result = super().call_binop(context, operator, left, right)
        self._count_text(result if isinstance(result, str | list | tuple) else "")
        return result

    def _range(self, *numbers: int) -> range:
        found = range(*numbers)
        if len(found) > _MOST_STEPS:
            raise _Exhausted(f"a loop over {len(found)} numbers: at most {_MOST_STEPS} steps")
        return found

    def _counted(self, values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            self._step()
            yield value

    def _step(self) -> str:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise _Exhausted(f"more than {_MOST_STEPS} steps of loops and macros")
        return ""

    def _joined(self, *parts: Any) -> Any:
        joined = (
            Markup("").join(parts) if any(hasattr(part, "__html__") for part in parts) else "".join(map(str, parts))
        )
        self._count_text(joined)
        return joined

    def _count_text(self, value: Any) -> Any:
        self._characters += len(value) if isinstance(value, str | list | tuple) else 0
        if self._characters > _MOST_CHARACTERS:
            raise _Exhausted(f"more than {_MOST_CHARACTERS} characters")
        return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def render(source: str, name: str, values: Mapping[str, Any]) -> str:
    """Render a template. Raises RecipeError with its name and line."""
    environment = _Environment()
    try:
        template = environment.template_class.from_code(environment, _compiled(source, name), environment.globals)
        return template.render(values)
    except RecipeError:
        raise
    except RecursionError as error:
        raise fault(name, _line_of(error), "it calls itself without end", "end the recursion") from error
    except _Exhausted as error:
        raise fault(name, _line_of(error), str(error), "simplify the template") from error
    except Exception as error:  # jinja2's errors, and any that an expression of the template raises
        line = getattr(error, "lineno", None) or _line_of(error)
        message = str(getattr(error, "message", None) or error) if isinstance(error, TemplateError) else str(error)
        raise fault(name, line, _explained(message), "correct the template") from error


@lru_cache(maxsize=16)
def _compiled(source: str, name: str) -> CodeType:
    """Return a template's code: it is rendered twice for a card, and for many cards."""
    environment = _Environment()
    tree = environment.parse(source, filename=name)
    _add_counters(tree)
    return environment.compile(tree)


def _explained(message: str) -> str:
    if "no loader" in message:
        return "it includes another file, and a card's template is one file"
    return message


def variables(source: str, name: str) -> frozenset[str]:
    """Return the names that a template reads. Raises RecipeError for a syntax error."""
    from jinja2.meta import find_undeclared_variables

    environment = _Environment()
    try:
        return frozenset(find_undeclared_variables(environment.parse(source, filename=name)))
    except TemplateError as error:
        raise fault(
            name, getattr(error, "lineno", None), str(error.message or error), "correct the template"
        ) from error


def fault(name: str, line: int | None, message: str, hint: str) -> RecipeError:
    """Return the error for a template; ``line``: None if it is unknown."""
    place = f"{name}, line {line}" if line else name
    return RecipeError(f"`card.layout`: {place}: {message}", hint=hint)


def _line_of(error: BaseException) -> int | None:
    """Return the line of the template that raised: Jinja rewrites the traceback to the template's own lines."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in ("<template>", "<unknown>"):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _add_counters(tree: nodes.Template) -> None:
    """Count each step of a loop and each call of a macro, and the characters that ``~`` joins."""
    for loop in list(tree.find_all(nodes.For)):
        loop.iter = _call("_counted", [loop.iter])
    macros: list[Any] = [*tree.find_all(nodes.Macro), *tree.find_all(nodes.CallBlock)]
    for macro in macros:
        macro.body.insert(0, nodes.Output([_call("_step", [])]))
    _replace_joins(tree)


def _replace_joins(node: nodes.Node) -> None:
    for name, value in node.iter_fields():
        if isinstance(value, nodes.Node):
            _replace_joins(value)
            if isinstance(value, nodes.Concat):
                setattr(node, name, _call("_joined", value.nodes))
        elif isinstance(value, list):
            for at, each in enumerate(value):
                if isinstance(each, nodes.Node):
                    _replace_joins(each)
                    if isinstance(each, nodes.Concat):
                        value[at] = _call("_joined", each.nodes)


def _call(name: str, arguments: Sequence[nodes.Node]) -> nodes.Call:
    return nodes.Call(nodes.Name(name, "load"), list(arguments), [], None, None)
