"""What is told of a selector from its text alone agrees with what its parser tells."""

from __future__ import annotations

import random

import pytest

from imageseo.web.css.selector_keys import is_plain, only_parent
from imageseo.web.css.style_selectors import compile_selector

NAMES = ["img", "p", "*", "picture", ""]
TESTS = [".a", "#i", "[data-a]", "[width]", '[src$=".png"]', ":first-child", ":nth-child(2n+1)", ":hover"]
TESTS += [":not([data-a])", ":not(p > img)", ":has(> img)", ":is(.a, p)", "[data-imageseo]", ".1x", ":last-of-type"]


def selectors(count: int) -> list[str]:
    choose = random.Random(7)  # the same selectors in every run

    def compound() -> str:
        return choose.choice(NAMES) + "".join(choose.sample(TESTS, choose.choice([0, 1, 1, 2]))) or "p"

    joints = [" ", ">", " > ", "+", "~"]
    return [
        compound() + "".join(choose.choice(joints) + compound() for _ in range(choose.choice([0, 1, 1, 2, 3])))
        for _ in range(count)
    ]


def test_a_plain_selector_has_no_place_where_a_wrapper_matters() -> None:
    plain = [text for text in selectors(4000) if is_plain(text)]
    assert len(plain) > 200
    for text in plain:
        found = compile_selector(text)
        assert (found.is_parsed, found.hooks, found.names_picture) == (True, [], False), text


def test_an_only_parent_is_asked_for_wherever_a_wrapper_matters() -> None:
    known = [(text, key) for text in selectors(4000) if (key := only_parent(text)) is not None]
    assert len(known) > 100
    for text, key in known:
        found = compile_selector(text)
        assert (found.is_parsed, found.names_picture) == (True, False), text
        for hook in found.hooks:
            parent = hook.parent
            assert parent is not None, text
            assert key in [*(f".{name}" for name in parent.classes), *(f"#{name}" for name in parent.ids), parent.tag]


@pytest.mark.parametrize(
    ("text", "plain", "parent"),
    [
        (".tabs>input:nth-child(10):checked~.labels>:nth-child(10)", False, ".labels"),
        ("[data-scheme=dark]:not([data-accent=pink]) .a img", True, None),
        ("a:hover > img", False, "a"),
        ("figure[data-x]>img", False, None),
        ("[data-x]>img", False, None),
        ("img~p>*", False, None),
        (".a~p>*", False, None),
        ("* a>img", False, None),
        ("picture>img", False, None),
        (".a\\:b>img", False, None),
    ],
)
def test_some_selectors(text: str, plain: bool, parent: str | None) -> None:
    assert is_plain(text) is plain
    assert only_parent(text) == parent
