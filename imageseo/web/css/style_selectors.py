"""What a selector of a style sheet asks of an image, and whether an edit around it could change its matches."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from imageseo.web.css.compounds import Compound, Hook
from imageseo.web.css.lengths import is_parseable
from imageseo.web.css.selector_states import NTH, STATIC, STRUCTURAL, chain_of, without_states
from imageseo.web.css.selectors import Condition

Node = Any  # cssselect2 is not typed
Test = Callable[[Any], bool]

_PSEUDO_ELEMENT = re.compile(r"::(-?[a-z][\w-]*)(?:\([^()]*\))?(?::[\w-]+(?:\([^()]*\))?)*$", re.IGNORECASE)
_CLASS = re.compile(r"\.(-?[_a-zA-Z][\w-]*)")
_TAG = re.compile(r"[a-zA-Z]")
_COMBINATORS = re.compile(r"\s*[>+~\s]\s*")
_FUNCTION = re.compile(r"\([^()]*\)|\[[^\]]*\]")


@dataclass(slots=True, eq=False)
class StyleSelector:
    """One selector of a style rule.

    ``initial``: matches elements of the page as it is loaded. ``possible``: the same, with ``:hover`` and other states
    assumed; both get an element of cssselect2. ``subject``: its last compound, ``place`` with what it asks of the
    elements around. ``hooks``: places where a wrapper around
    a matching image may change what the selector matches, ``at_subject`` if only whether the image itself does.
    ``tests``: the attribute tests, each with the compound it belongs to. ``classes``/``ids``: needed in the page.
    ``is_parsed``: False for a selector that the library does not know; all else is then a guess.
    """

    text: str
    specificity: tuple[int, int, int] = (0, 0, 0)
    subject: Compound = field(default_factory=Compound)
    place: Hook = field(default_factory=lambda: Hook(Compound()))
    hooks: list[Hook] = field(default_factory=list)
    at_subject: bool = True
    tests: list[tuple[Compound, Condition]] = field(default_factory=list)
    classes: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    is_simple: bool = False
    names_picture: bool = False
    has_state: bool = False
    pseudo_element: str | None = None
    is_parsed: bool = True
    _trees: tuple[Node, Node] = (None, None)
    _tests: list[Test | None] = field(default_factory=lambda: [None, None])

    @property
    def initial(self) -> Test:
        return self._test(0)

    @property
    def possible(self) -> Test:
        return self._test(1)

    def tests_near_image(self) -> Iterator[Condition]:
        """Yield the attribute tests of compounds that an image, or the element around one, may have to match."""
        near = [self.subject, self.place.parent]
        for hook in self.hooks:
            near += [hook.compound, hook.parent]
        asked = {id(each) for compound in near if compound is not None for each in compound.parts()}
        return (test for compound, test in self.tests if id(compound) in asked)

    @property
    def may_be_initial(self) -> bool:
        """Whether it can match in the page as it is loaded: not ``a:hover``, but ``:not(:hover)``."""
        return self._trees[0] is not None

    def _test(self, index: int) -> Test:
        found = self._tests[index]
        if found is None and index == 1 and not self.is_parsed:
            found = self._tests[index] = _always
        if found is None:
            found = self._tests[index] = _compile(self._trees[index])
        return found


def _compile(tree: Node) -> Test:
    from cssselect2 import parser
    from cssselect2.compiler import CompiledSelector

    if tree is None:
        return _never
    try:
        test: Test = CompiledSelector(parser.Selector(tree)).test
    except (parser.SelectorError, NotImplementedError, SyntaxError, RecursionError):
        return _never
    return test


def _always(element: object) -> bool:
    return True


def _never(element: object) -> bool:
    return False


@lru_cache(maxsize=16384)
def compile_selector(text: str) -> StyleSelector:
    """Analyse one selector, without commas at its top level."""
    from cssselect2 import parser

    match = _PSEUDO_ELEMENT.search(text)
    written = text[: match.start()] if match else text
    if not written or written[-1] in " >+~":
        written += "*"
    try:
        if not is_parseable(text):
            raise ValueError(text)
        (parsed,) = parser.parse(written)
        result = _Analysis(text, parsed).result
    except (ValueError, NotImplementedError, RecursionError):
        return _unknown(text)
    if match:
        result.pseudo_element = match[1].lower()
    return result


def _unknown(text: str) -> StyleSelector:
    """Return what is known of a selector that the library cannot parse: whether it could be about an image at all."""
    outside = text
    while (shorter := _FUNCTION.sub("", outside)) != outside:
        outside = shorter
    classes = frozenset(_CLASS.findall(outside))
    *others, last = _COMBINATORS.split(outside.strip())
    if re.search(r"(?<![\w.#-])(?:img|picture)(?![\w-])|\*", text):
        subject, hooks = Compound(opaque=True), [Hook(Compound(opaque=True))]
    elif "::" in last or ":host" in text or _TAG.match(last):
        # About another element or a part of one; an image before that may still decide whether it matches.
        subject, hooks = Compound(tag=""), [Hook(_guess(each)) for each in others if not _TAG.match(each)]
    else:
        subject = _guess(last)
        hooks = [Hook(_guess(each)) for each in (*others, last) if not _TAG.match(each)]
    return StyleSelector(
        text,
        subject=subject,
        place=Hook(subject),
        hooks=hooks,
        at_subject=len(hooks) < 2 and subject.tag is None,
        classes=classes,
        has_state=True,  # when it matches is not known
        is_parsed=False,
    )


def _guess(compound: str) -> Compound:
    """Return what a compound asks of an element at least; it has no brackets."""
    return Compound(classes=_CLASS.findall(compound), opaque=True)


class _Analysis:
    def __init__(self, text: str, parsed: Node) -> None:
        self.result = StyleSelector(text, parsed.specificity)
        self.result.pseudo_element = parsed.pseudo_element
        chain = list(chain_of(parsed.parsed_tree))
        compounds = [self._compound(node, outer=True) for node, _ in chain]
        combinators = [combinator for _, combinator in chain[1:]]
        self.result.subject = compounds[-1]
        self.result.place = _hook(compounds, combinators, len(compounds) - 1)
        self.result.is_simple = len(chain) == 1
        self.result.classes = frozenset(name for compound in compounds for name in compound.classes)
        self.result.ids = frozenset(name for compound in compounds for name in compound.ids)
        self._hooks(compounds, combinators)
        self.result._trees = (without_states(parsed.parsed_tree, False), without_states(parsed.parsed_tree, True))

    def _hooks(self, compounds: list[Compound], combinators: list[str]) -> None:
        result = self.result
        last = len(compounds) - 1
        for index, compound in enumerate(compounds):
            before = combinators[index - 1] if index else ""
            after = combinators[index] if index < last else ""
            hook = _hook(compounds, combinators, index)
            if not (compound.may_be("img") or compound.may_be("picture")):
                continue
            if index == last:
                above = compounds[index - 1] if before == " " else None
                if before in (">", "+", "~") or compound.structural or (above and above.may_be("picture")):
                    result.hooks.append(hook)
                    result.at_subject &= not compound.of_type  # the wrapper is no longer counted with its siblings
            elif after in ("+", "~") and not compound.is_universal:
                result.hooks.append(hook)
                result.at_subject = False
            elif before == " " and compound.tag is None and compound.may_be("picture"):
                result.hooks.append(Hook(compounds[last]))  # `.card * img`: the wrapper may be that element

    def _compound(self, node: Node, *, outer: bool) -> Compound:
        from cssselect2 import parser

        found = Compound()
        for simple in node.simple_selectors:
            if isinstance(simple, parser.LocalNameSelector):
                found.tag = simple.lower_local_name
                self.result.names_picture |= found.tag == "picture"
            elif isinstance(simple, parser.IDSelector):
                found.ids.append(simple.ident)
            elif isinstance(simple, parser.ClassSelector):
                found.classes.append(simple.class_name)
            elif isinstance(simple, parser.AttributeSelector):
                condition = _condition(simple)
                found.conditions.append(condition)
                self.result.tests.append((found, condition))
            elif isinstance(simple, parser.PseudoClassSelector):
                found.structural |= simple.name in STRUCTURAL
                found.of_type |= simple.name.endswith("-of-type")
                found.opaque |= simple.name not in STRUCTURAL
                self.result.has_state |= simple.name not in STATIC
            elif isinstance(simple, parser.FunctionalPseudoClassSelector):
                if simple.name in NTH and any(getattr(each, "lower_value", "") == "of" for each in simple.arguments):
                    raise ValueError(simple.name)  # `:nth-child(1 of .x)`, which the library cannot match
                found.structural |= simple.name in NTH
                found.of_type |= simple.name.endswith("-of-type")
                found.opaque |= simple.name not in NTH
                self.result.has_state |= simple.name not in NTH and simple.name != "lang"
            elif isinstance(simple, parser.NegationSelector):
                self._negation(found, simple)
            elif isinstance(simple, parser.RelationalSelector):
                found.opaque = True
                self._relation(simple)
            elif hasattr(simple, "selector_list"):  # :is(), :where()
                found.any_of.append([self._inner(each.parsed_tree) for each in simple.selector_list])
        return found

    def _inner(self, tree: Node) -> Compound:
        """Return the subject of a selector in ``:is()`` or ``:not()``; its hooks become those of the whole."""
        chain = list(chain_of(tree))
        compounds = [self._compound(node, outer=False) for node, _ in chain]
        if len(chain) > 1:
            at_subject = self.result.at_subject
            self._hooks(compounds, [combinator for _, combinator in chain[1:]])
            self.result.at_subject = False if self.result.hooks else at_subject
        return compounds[-1]

    def _negation(self, found: Compound, simple: Node) -> None:
        found.opaque = True
        for each in simple.selector_list:
            inner = self._inner(each.parsed_tree)
            found.structural |= inner.structural
            tests = self.result.tests
            tests[:] = [(found if compound is inner else compound, test) for compound, test in tests]

    def _relation(self, simple: Node) -> None:
        for each in simple.selector_list:
            chain = list(chain_of(each.selector.parsed_tree))
            compounds = [self._compound(node, outer=False) for node, _ in chain]
            combinators = [each.combinator, *(combinator for _, combinator in chain[1:])]
            if set(combinators) - {" "} or any(compound.structural for compound in compounds):
                self.result.hooks += [Hook(compound) for compound in compounds]
                self.result.at_subject = False


def _hook(compounds: list[Compound], combinators: list[str], index: int) -> Hook:
    before = combinators[index - 1] if index else ""
    left = compounds[index - 1] if index else None
    return Hook(
        compounds[index],
        parent=left if before == ">" else None,
        previous=left if before in ("+", "~") else None,
        adjacent=before == "+",
    )


def _condition(simple: Node) -> Condition:
    return Condition(
        attribute=simple.lower_name,
        operator=simple.operator or "",
        value=simple.value or "",
        fold=simple.case_sensitive is False,
    )
