"""Front matter and titles of source files."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageseo.integrations.front_matter_file import hints_of_source, parse_markdown, parse_rest, read_source
from imageseo.model.site import PageHints

HERO = {"style": "topo", "alt": "Lines"}


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: T\nhero:\n  style: topo\n  alt: Lines\n---\n# Other\n",
        "---\r\ntitle: T\r\nhero: {style: topo, alt: Lines}\r\n---\r\n",
        "\ufeff---\ntitle: T\nhero: {style: topo, alt: Lines}\n...\nText\n",
        '+++\ntitle = "T"\n[hero]\nstyle = "topo"\nalt = "Lines"\n+++\nText\n',
        '---toml\ntitle = "T"\nhero = {style = "topo", alt = "Lines"}\n---\nText\n',
        '---json\n{"title": "T", "hero": {"style": "topo", "alt": "Lines"}}\n---\nText\n',
        '{\n"title": "T",\n"hero": {"style": "topo", "alt": "Lines"}\n}\n\nText\n',
    ],
)
def test_front_matter_in_three_languages(text: str) -> None:
    found = parse_markdown(text)
    assert (found.meta["hero"], found.title, found.fault) == (HERO, "T", "")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Text\n\n# A *fine* `code` [link](x.md) # {#id .c}\n", "A fine code link"),
        ("```\n# no\n```\n\nYes\n===\n", "Yes"),
        ("---\na line\n---\n\n# After rules\n", "After rules"),
        ("---\ntitle: 2024\n---\n", "2024"),
        ("## Second level\n", None),
        ("", None),
        ("{{ template }}\n# T\n", "T"),
        (f"# {'*a ' * 30_000}\n# T\n", "T"),  # its marks would take a minute to pair
        (f"# {' ' * 30_000}x\n# T\n", "T"),
    ],
)
def test_markdown_title(text: str, title: str | None) -> None:
    assert parse_markdown(text).title == title


def test_fields_of_rest_before_the_title() -> None:
    text = (
        ".. comment\n   more\n.. meta::\n   :keywords: a\n\n:orphan:\n:Hero: images/a b.jpg\n"
        ":hero-alt: Some \\*text*\n   on two lines\n:hero_focal: [0.1, 0.2]\n\n====\nA ``b`` :doc:`c <d>`\n====\n"
        "\n:not: a field\n"
    )
    found = parse_rest(text)
    assert found.meta == {
        "orphan": "",
        "Hero": "images/a b.jpg",
        "hero-alt": "Some *text* on two lines",
        "hero_focal": "[0.1, 0.2]",
    }
    assert found.title == "A b c"


@pytest.mark.parametrize(
    "body",
    [
        " {style: topo, alt: Lines}",
        ' {"style": "topo", "alt": "Lines"}',
        "\n   style: topo\n   alt: Lines",
        "\n    style: topo\n    alt: >\n      Lines",
    ],
)
def test_field_of_rest_with_a_mapping(body: str) -> None:
    hero = parse_rest(f":hero:{body}\n\nTitle\n=====\n").meta["hero"]
    assert {key: str(value).strip() for key, value in hero.items()} == HERO


@pytest.mark.parametrize("text", ["Title\n=====\n\n:hero: x.jpg\n", "Text\n\n:hero: x.jpg\n", ":hero:`role`\n", ""])
def test_what_is_no_field_list_at_the_top(text: str) -> None:
    assert parse_rest(text).meta == {}


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("---\nhero: {a: b\ntitle: x\n---\n", "front matter is not YAML, so its hero is not used"),
        ("---\nhero: x.jpg\n\n# T\n", "front matter is not closed"),
        ('+++\nhero = "a\n+++\n', "front matter is not TOML, so its hero is not used"),
        ("---toml\n[hero]\nstyle = x\n---\n", "front matter is not TOML"),
        ('{"hero": \n\nText', "front matter is not JSON"),
    ],
)
def test_broken_front_matter_that_asks_for_a_hero_is_told(head: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(head, encoding="utf-8")

    def hints(*keys: str) -> PageHints:
        return hints_of_source(path, read_source(path), project=tmp_path, keys=keys, folder="", reader="X")

    fault = hints("hero").fault
    assert fault is not None
    assert fault.message.startswith(message)
    assert (hints("cover").fault, hints("cover").meta) == (None, {})


def test_source_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.rst").write_bytes(b":hero: x.jpg\ncaf\xe9\n")
    (tmp_path / "b.md").mkdir()
    for name, message in (("a.rst", "cannot be read, so its hero is not used"), ("b.md", "cannot be read")):
        path = tmp_path / name
        found = hints_of_source(path, read_source(path), project=tmp_path, keys=("hero",), folder="", reader="Sphinx")
        assert found.fault is not None
        assert found.fault.message.startswith(message)
