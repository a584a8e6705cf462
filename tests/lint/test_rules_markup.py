"""What `--fix` writes for faults of markup, and where their findings are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.test_rules_images import apply_fixes, lint_page, page

_N = 'src="a-800x450.jpg" alt="A" width="800" height="450"'
_W = 'srcset="a-800x450.jpg 800w, b-1600x900.jpg 1600w"'


@pytest.mark.parametrize(
    ("rule", "body", "then"),
    [
        (
            "srcset_width",
            f'<img {_N} srcset="a-800x450.jpg, b-1600x900.jpg 2x,">',
            f'<img {_N} srcset="a-800x450.jpg, b-1600x900.jpg 2x">',
        ),
        (
            "srcset_width",
            f"<img {_N} SRCSET=', a-800x450.jpg ,, b-1600x900.jpg   2x'>",
            f'<img {_N} SRCSET="a-800x450.jpg, b-1600x900.jpg 2x">',
        ),
        ("sizes_invalid", f'<img {_N} {_W} sizes="100vw,">', f'<img {_N} {_W} sizes="100vw">'),
        ("sizes_invalid", f'<img {_N} sizes="100vw">', f"<img {_N}>"),
        ("img_attributes", f"<img {_N} loading=' Lazy '>", f'<img {_N} loading="lazy">'),
        (
            "img_attributes",
            '<img src="a-800x450.jpg" alt="A" width=800px height="450.0">',
            '<img src="a-800x450.jpg" alt="A" width="800" height="450">',
        ),
        ("img_attributes", '<img src="a b-80x45.jpg" alt="A">', '<img src="a%20b-80x45.jpg" alt="A">'),
        ("img_attributes", f"<img {_N} alt='B' id=x Alt=C>", f"<img {_N} id=x>"),
        (
            "source_type",
            f'<picture><source srcset="b-1600x900.jpg" type="webp"><img {_N}></picture>',
            f'<picture><source srcset="b-1600x900.jpg" type="image/jpeg"><img {_N}></picture>',
        ),
        (
            "source_type",
            f'<picture><source srcset="b-1600x900.jpg" type="image/webp"><img {_N}></picture>',
            f'<picture><source srcset="b-1600x900.jpg" type="image/jpeg"><img {_N}></picture>',
        ),
        (
            "picture_invalid",
            f'<picture><source src="b.jpg" srcset="b-1600x900.jpg" media="print"><img {_N}></picture>',
            f'<picture><source srcset="b-1600x900.jpg" media="print"><img {_N}></picture>',
        ),
        ("map_invalid", f'<img {_N} usemap="m"><map name="m"></map>', f'<img {_N} usemap="#m"><map name="m"></map>'),
        (
            "map_invalid",
            '<map name="m"><area shape=polygon coords="0,0,9,0,9,9"></map>',
            '<map name="m"><area shape="poly" coords="0,0,9,0,9,9"></map>',
        ),
    ],
)
def test_fix_writes_what_is_certain(rule: str, body: str, then: str, tmp_path: Path) -> None:
    html = page(tmp_path, body)
    found = lint_page(tmp_path, html, rule)
    assert found
    assert apply_fixes(html, found).endswith(f"<body>{then}")
    assert lint_page(tmp_path, apply_fixes(html, found), rule) == []


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        ("img_attributes", f'<img {_N} loading="yes">'),
        ("img_attributes", '<img src="a-800x450.jpg" alt="A" width="100%" height="450">'),
        ("img_attributes", '<img src="a&quot; b-80x45.jpg" alt="A">'),
        ("img_attributes", '<img src="a-80x45.jpg" width="80px" alt="A" data-imageseo="width">'),
        ("sizes_invalid", f'<img {_N} {_W} sizes="50%">'),
        ("srcset_width", f'<img {_N} srcset="a&amp;b-80x45.jpg 1x,, b-1600x900.jpg 2x">'),
        (
            "source_type",
            f'<picture><source srcset="a-80x45.jpg, b-80x45.webp 2x" type="image/png"><img {_N}></picture>',
        ),
        ("map_invalid", f'<img {_N} usemap="n"><map name="m"></map>'),
    ],
)
def test_fix_leaves_what_only_the_author_can_decide(rule: str, body: str, tmp_path: Path) -> None:
    found = lint_page(tmp_path, page(tmp_path, body), rule)
    assert found
    assert [each.fix for each in found] == [() for _ in found]


def test_finding_of_a_source_is_at_its_tag_and_suppressed_with_its_image(tmp_path: Path) -> None:
    body = f'<p>x</p>\n<picture>\n  <source media="print">\n  <img {_N}{{}}></picture>'
    (found,) = lint_page(tmp_path, page(tmp_path, body.format("")), "picture_invalid")
    assert (found.location.line, found.location.column) == (3, 3)
    reason = ' data-imageseo-disable="picture-invalid: for a test"'
    assert lint_page(tmp_path, page(tmp_path / "other", body.format(reason)), "picture_invalid") == []


@pytest.mark.parametrize(
    ("around", "is_silenced"),
    [
        ('<area href="/" shape="default" data-imageseo-disable="alt-area: a test">', True),
        ('<p data-imageseo-disable="alt-area: a test"><area href="/" shape="default"></p>', True),
        ('<p data-imageseo-disable="alt-area: a test"></p><area href="/" shape="default">', False),
        ('<p data-imageseo-disable="alt-input: a test"><area href="/" shape="default"></p>', False),
    ],
)
def test_finding_of_any_element_is_suppressed_on_it_or_around_it(
    around: str, is_silenced: bool, tmp_path: Path
) -> None:
    found = lint_page(tmp_path, page(tmp_path, f'<map name="m">{around}</map>'), "alt_area")
    assert (found == []) is is_silenced


def test_page_in_another_encoding(tmp_path: Path) -> None:
    """Blank names and texts that repeat are told in the page's own charset."""
    (tmp_path / "guide").mkdir()
    html = '<meta charset="windows-1252"><p><img src="a.png" alt="Größe"> größe</p><img src="b.png" alt="\xa0">'
    (tmp_path / "guide" / "index.html").write_bytes(html.encode("cp1252"))
    from imageseo.config.settings import Settings
    from tests.lint.test_rules import findings, load

    assert len(findings(tmp_path, load("alt_dup"), Settings())) == 1
    assert len(findings(tmp_path, load("alt_blank"), Settings())) == 1
