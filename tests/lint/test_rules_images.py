"""Rules about images and texts, beyond their examples: fixes, built pages, unmodified themes, odd pages."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from imageseo.config import load as load_settings
from imageseo.config.settings import Settings
from imageseo.lint import tag_edits
from imageseo.lint.crashes import CRASHED
from imageseo.model.finding import Finding, Severity
from imageseo.web.html import edits, page_scan
from imageseo.web.html.ancestors import Ancestors, Link
from tests.lint.test_rules import findings, furnish, load, picture
from tests.support import pictures, small_sites

RULES = (
    "lcp_lazy",
    "lcp_priority",
    "priority_many",
    "priority_lazy",
    "lcp_discoverable",
    "lcp_fade",
    "lcp_entropy",
    "preload_mismatch",
    "srcset_width",
    "sizes_missing",
    "sizes_auto",
    "img_oversize",
    "img_format",
    "img_blurry",
    "offscreen_eager",
    "img_dimensions",
    "alt_blank",
    "alt_placeholder",
    "alt_button_empty",
    "alt_input",
    "alt_link_empty",
    "alt_filename",
    "alt_redundant",
    "alt_dup",
    "alt_length",
    "alt_needs_review",
    "file_name",
)
MATERIAL = '<div class="md-sidebar--primary"></div><div class="md-content"><article>{}</article></div>'
HERO = '<h1>Harbour</h1><img src="photo-1600x900.jpg" alt="A harbour" width="1600" height="900"{}>'


def lint_page(folder: Path, html: str, *names: str) -> list[Finding]:
    """Return the findings of rules for a page in ``folder``, which ``page`` has prepared."""
    (folder / "guide" / "index.html").write_text(html, "utf-8")
    return [found for name in names for found in findings(folder, load(name), Settings())]


def page(folder: Path, body: str) -> str:
    folder.mkdir(exist_ok=True)
    furnish(folder, body)
    return (folder / "guide" / "index.html").read_text("utf-8")


def apply_fixes(html: str, found: Sequence[Finding]) -> str:
    return edits.apply(html.encode(), [edit for each in found for edit in each.fix]).decode()


# ---- what --fix writes


@pytest.mark.parametrize(
    ("rule", "body", "then"),
    [
        ("lcp_lazy", f"<article>{HERO.format(' loading=lazy')}</article>", f"<article>{HERO.format('')}</article>"),
        (
            "lcp_lazy",
            '<article><h1>H</h1><img loading="lazy"\n src="photo-1600x900.jpg" alt="A" fetchpriority=high></article>',
            '<article><h1>H</h1><img\n src="photo-1600x900.jpg" alt="A" fetchpriority=high></article>',
        ),
        (
            "lcp_priority",
            f"<article>{HERO.format(' ')}</article>",
            f"<article>{HERO.format(' ')}</article>".replace('height="900" ', 'height="900" fetchpriority="high" '),
        ),
        (
            "lcp_priority",
            '<article><h1>H</h1><img alt="A" src=photo-1600x900.jpg /></article>',
            '<article><h1>H</h1><img alt="A" src=photo-1600x900.jpg fetchpriority="high" /></article>',
        ),
        (
            "priority_lazy",
            f'<article>{HERO.format(" fetchpriority=high")}<img src="b-800x450.jpg" FetchPriority="high" loading=lazy>',
            f'<article>{HERO.format(" fetchpriority=high")}<img src="b-800x450.jpg" loading=lazy>',
        ),
        (
            "sizes_auto",
            '<img src="photo-1600x900.jpg" srcset="photo-1600x900.jpg 1600w" sizes="Auto , (min-width:9px) 7px,50vw">',
            '<img src="photo-1600x900.jpg" srcset="photo-1600x900.jpg 1600w" sizes="(min-width:9px) 7px,50vw">',
        ),
        (
            "img_dimensions",
            MATERIAL.format('<img alt="A" src="photo-1600x900.jpg">'),
            MATERIAL.format('<img alt="A" src="photo-1600x900.jpg" width="1600" height="900">'),
        ),
        (
            "offscreen_eager",
            '<!-- measured: {"photo-800x450-60KiB.jpg": {"width": 688, "top": 1400}} -->'
            '<article><p>Boats.</p><img src="photo-800x450-60KiB.jpg" alt="A"></article>',
            None,
        ),
    ],
)
def test_fix_resolves_the_finding(rule: str, body: str, then: str | None, tmp_path: Path) -> None:
    html = page(tmp_path, body)
    found = lint_page(tmp_path, html, rule)
    assert [bool(each.fix) for each in found] == [True]
    mended = apply_fixes(html, found)
    if then is not None:
        assert mended == html.replace(body, then)
    assert lint_page(tmp_path, mended, rule) == []


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        ("sizes_auto", '<img src="photo-1600x900.jpg" srcset="photo-1600x900.jpg 1600w" sizes="auto">'),
        ("img_dimensions", '<article><img alt="A theme that nobody knows" src="photo-1600x900.jpg"></article>'),
        ("img_dimensions", MATERIAL.format('<img class="thumb" src="photo-1600x900.jpg">')),
        ("img_dimensions", MATERIAL.format('<img style="max-width: 9em" src="photo-1600x900.jpg">')),
        ("img_dimensions", MATERIAL.format('<img width="300" src="photo-1600x900.jpg">')),
        (
            "img_dimensions",
            MATERIAL.format('<picture><source srcset="b-800x800.webp"><img src="photo-1600x900.jpg"></picture>'),
        ),
        ("lcp_lazy", f"<article>{HERO.format(' loading=lazy data-imageseo=loading')}</article>"),
        (
            "priority_lazy",
            f'<article>{HERO.format(" fetchpriority=high")}<img src="b-800x450.jpg" loading=lazy fetchpriority=high '
            'data-imageseo="loading fetchpriority"></article>',
        ),
        (
            "sizes_auto",
            '<img src="photo-1600x900.jpg" srcset="photo-1600x900.jpg 1600w" sizes="auto, 9px" data-imageseo="sizes">',
        ),
    ],
)
def test_uncertain_case_has_no_fix(rule: str, body: str, tmp_path: Path) -> None:
    found = lint_page(tmp_path, page(tmp_path, body), rule)
    assert [each.fix for each in found] == [()]


@pytest.mark.parametrize(("before", "count"), [("<details>{}</details>", 0), ("<p>{}</p>", 1), ("<p hidden>{}</p>", 0)])
def test_hidden_text_takes_no_space_above_an_image(before: str, count: int, tmp_path: Path) -> None:
    text = before.format("[6,000 characters of text]")
    body = f'<article>{text}<img src="photo-800x450-60KiB.jpg" alt="A"></article>'
    assert len(lint_page(tmp_path, page(tmp_path, body), "offscreen_eager")) == count


def test_fix_on_a_built_page_survives_removal_of_the_build_edits(tmp_path: Path) -> None:
    """``--fix`` on a page that a build has processed: the build's attributes can still be removed, the fix remains."""
    author = f"<article>{HERO.format(' loading=lazy')}</article>"
    built = author.replace(" loading=lazy", ' loading=lazy decoding="async" data-imageseo="decoding hero"')
    html = page(tmp_path, built)
    mended = apply_fixes(html, lint_page(tmp_path, html, "lcp_lazy"))
    assert "loading=lazy" not in mended
    assert edits.strip(mended.encode()).decode() == html.replace(built, author.replace(" loading=lazy", ""))


def test_bytes_that_were_not_scanned_get_no_edit() -> None:
    """In a build the scan is that of the page without the build's edits."""
    html = b'<p><img src="a.jpg" loading="lazy">'
    ref = page_scan.scan_page(html).refs[0]
    assert tag_edits.add_attributes(html, ref, "a=b")
    assert tag_edits.remove_attribute(html, ref, "loading")
    other = b"<p>Boats</p>" + html
    assert tag_edits.add_attributes(other, ref, "a=b") == ()
    assert tag_edits.remove_attribute(other, ref, "loading") == ()


# ---- sites


@pytest.mark.slow
def test_built_site_has_only_findings_that_its_author_can_fix(tmp_path: Path) -> None:
    """The output of a build passes the rules; a build reports errors, and lint also the less severe findings."""
    text = "Boats come and go with the tide, and the lamp is lit at dusk. " * 120
    small_sites.mkdocs_site(
        tmp_path,
        files={
            "docs/index.md": f"# Home\n\n![A harbour](images/home.jpg)\n\n{text}\n\n![A lamp](images/lamp.jpg)\n\n"
            "[![Two boats](images/lamp.jpg)](images/lamp.jpg)\n",
            "docs/words.md": "# Words\n\n![IMG_1234.jpg](images/lamp.jpg)\n\n[![](images/lamp.jpg)](index.md)\n\n"
            "![Photo of a lamp](images/lamp.jpg)\n",
            "docs/images/home.jpg": small_sites.photo(800, 450, 3),
            "docs/images/lamp.jpg": small_sites.photo(600, 350, 4),
        },
    )
    done = small_sites.run("mkdocs", "build", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"^WARNING.*\[([a-z-]+)\]", done.stderr, re.MULTILINE) == ["alt-filename", "alt-link-empty"]
    assert re.search(r"docs/words\.md:\d+:\d+: images/lamp\.jpg: its alternative text 'IMG_1234\.jpg' is", done.stderr)
    html = (tmp_path / "site/index.html").read_text("utf-8")
    assert html.count("<picture data-imageseo>") == 3
    assert 'fetchpriority="high"' in html
    done = small_sites.run("imageseo", "lint", "site", "--format", "json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert (report["summary"]["pages"], report["summary"]["images"]) == (3, 7)
    rules = [found["rule"] for found in report["findings"] if found["rule"].replace("-", "_") in RULES]
    assert sorted(rules) == ["alt-filename", "alt-link-empty", "alt-redundant"]


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["material", "readthedocs", "mkdocs"])
def test_unmodified_themes_have_no_errors(theme: str, tmp_path: Path) -> None:
    """Logo, badges, emoji and a lightbox link give no errors."""
    extra = "markdown_extensions: [attr_list, admonition]\nplugins: []\n" + (
        "extra: {}\n" if theme != "material" else ""
    )
    files: dict[str, str | bytes] = {
        "docs/index.md": "# Home\n\n![A harbour](images/home.jpg){ width=500 height=300 }\n\n"
        "[![build](https://img.example/badge.svg)](https://example.org)\n\n"
        "[![Boats](images/home.jpg){ width=500 height=300 }](images/home.jpg)\n",
    }
    small_sites.mkdocs_site(tmp_path, files=files)
    logo = "{name: material, logo: images/home.jpg, font: false}" if theme == "material" else f"{{name: {theme}}}"
    (tmp_path / "mkdocs.yml").write_text(
        f"site_name: s\nsite_url: https://example.org/\ntheme: {logo}\n{extra}", "utf-8"
    )
    done = small_sites.run("mkdocs", "build", "-q", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    html = (tmp_path / "site/index.html").read_text("utf-8")
    (tmp_path / "guide").mkdir()
    for file in (tmp_path / "site/images").iterdir():
        (tmp_path / "guide/images").mkdir(exist_ok=True)
        (tmp_path / "guide/images" / file.name).write_bytes(file.read_bytes())
    found = lint_page(tmp_path, html, *(name for name in RULES if name != "img_dimensions"))
    assert [each for each in found if each.severity is Severity.ERROR] == []
    assert {each.rule for each in found} <= {"lcp-priority", "img-oversize", "img-format", "img-blurry"}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (f'width="900" height="{"9" * 400}"', "900×33554428"),
        (f'width="{"9" * 400}" height="1"', "33554428×1"),
        (f'width="{"9" * 5000}" height="{"9" * 5000}"', "33554428×33554428"),
    ],
)
def test_huge_dimension_is_capped_as_in_browsers(attributes: str, expected: str, tmp_path: Path) -> None:
    (found,) = lint_page(tmp_path, page(tmp_path, f'<img src="a-1600x900.jpg" alt="A" {attributes}>'), "img_dimensions")
    assert found.message == f"guide/a-1600x900.jpg is 1600×900 px, but the tag says {expected}"
    assert found.hint is not None
    assert "inf" not in found.hint


@pytest.mark.parametrize(
    ("attributes", "hint"),
    [
        ("", 'write width="1600" height="900", or let `imageseo build` add it'),
        ("""onmouseover="this.src='b.jpg'" """, 'write width="1600" height="900"'),
        ('loading="lazy" data-imageseo="loading"', 'write width="1600" height="900"'),
        ('data-imageseo="ignore"', 'write width="1600" height="900"'),
        ('style="height: 90px" data-imageseo="loading"', "add `aspect-ratio: 1600 / 900` to its style"),
        ('style="width: 60%" data-imageseo="ignore"', "add `aspect-ratio: 1600 / 900` to its style"),
        ('style="width: auto; float: left" data-imageseo="ignore"', 'write width="1600" height="900"'),
        ('data-src="b.jpg"', None),
        ('data-original="b.jpg" width="1" height="1"', None),
        (':src="file"', None),
        ('srcset="b.jpg"', None),
    ],
)
def test_no_size_is_advised_that_a_build_would_not_add(attributes: str, hint: str | None, tmp_path: Path) -> None:
    html = page(tmp_path, f'<img src="a-1600x900.jpg" alt="A" {attributes}>')
    found = lint_page(tmp_path, html, "img_dimensions")
    assert [each.hint for each in found] == ([] if hint is None else [hint])


@pytest.mark.parametrize(
    ("src", "place"), [("https://cdn.example/a.jpg", "on another host"), ("../../../a.jpg", "outside this site")]
)
def test_size_of_a_file_elsewhere_is_unknown(src: str, place: str, tmp_path: Path) -> None:
    (found,) = lint_page(tmp_path, page(tmp_path, f'<img src="{src}" alt="A">'), "img_dimensions")
    assert found.hint == f"write both, in px; imageseo does not know the size of a file {place}"


@pytest.mark.parametrize("value", ["auto", "]", "-3", "calc(1px)"])
def test_attribute_that_browsers_ignore_is_named(value: str, tmp_path: Path) -> None:
    (found,) = lint_page(
        tmp_path, page(tmp_path, f'<img src="a-1600x900.jpg" alt="A" width="{value}">'), "img_dimensions"
    )
    assert (
        found.message == f'guide/a-1600x900.jpg has neither width nor height that browsers understand: width="{value}"'
    )


@pytest.mark.parametrize(
    "src", ["attachment:a.png", "file:///home/a.png", r"C:\a.png", "d:/a/b.png", "cid:1@mail", "FILE:a"]
)
def test_url_that_no_browser_loads_is_missing(src: str, tmp_path: Path) -> None:
    (found,) = lint_page(tmp_path, page(tmp_path, f'<img src="{src}" alt="A">'), "img_missing", "img_dimensions")
    assert found.rule == "img-missing"
    assert "no browser loads" in found.message


@pytest.mark.parametrize("src", ["https://e.org/a.png", "//e.org/a.png", "blob:x", "DATA:,a", "attachments/a.jpg"])
def test_url_that_browsers_load_is_not_missing(src: str, tmp_path: Path) -> None:
    html = page(tmp_path, f'<img src="{src}" alt="A" width="16" height="9">')
    small_sites.write(tmp_path, {"guide/attachments/a.jpg": picture("photo-1600x900.jpg")})
    assert lint_page(tmp_path, html, "img_missing") == []


def test_url_served_on_request_is_checked_if_the_file_exists(tmp_path: Path) -> None:
    """Static builds of Nuxt write ``_ipx/`` as files."""
    html = page(tmp_path, '<img src="../_ipx/w_80/a.png" alt="A" width="80" height="80">')
    assert lint_page(tmp_path, html, "img_missing", "img_dimensions") == []
    (tmp_path / "_ipx" / "w_80").mkdir(parents=True)
    (tmp_path / "_ipx" / "w_80" / "a.png").write_bytes(picture("photo-1600x900.png"))
    assert [each.rule for each in lint_page(tmp_path, html, "img_missing", "img_dimensions")] == ["img-dimensions"]


def test_lcp_over_a_path_budget_names_that_setting(tmp_path: Path) -> None:
    page(tmp_path, '<picture data-imageseo><img src="a-800x450-40KiB.jpg" alt="A" fetchpriority="high"></picture>')
    budgets = {
        "lcp-bytes": {"desktop": {"warn": "20 KiB"}},
        "paths": {"guide/*": {"lcp-bytes": {"mobile": {"error": "30 KiB"}}}},
    }
    found = findings(tmp_path, load("lcp_bytes"), load_settings({"budgets": budgets}, "x"))
    assert sorted(each.hint.rpartition(", or raise ")[2] for each in found if each.hint) == [
        "`budgets.lcp-bytes.desktop.warn`",
        '`budgets.paths."guide/*".lcp-bytes.mobile.error`',
    ]


# ---- the elements around an image


def links(html: str) -> list[Link | None]:
    scan = page_scan.scan_page(html.encode())
    around = Ancestors(html.encode(), scan.charset)
    return [around.link(number, ref.span) for number, ref in enumerate(scan.refs)]


@pytest.mark.parametrize(
    "html",
    [
        "<a href=x><img src=a> Boats</a><img src=b>",
        "<a href=x>One</a><img src=a><a href=y>Two</a>",
        "<a href=x><img src=a><a href=y>Two<img src=b></a>",
        "<a href=x><!-- </a> --><img src=a> Boats</a>",
        "<a href=x><script>'</a>'</script><img src=a>Boats</a>",
        "<abbr>x</abbr><img src=a><a href=y>z</a>",
        '<a href="x>y" title="T"><img src=a></a>',
        "<a href=x><svg><title>Home</title></svg><img src=a></a>",
        "<A HREF=x><IMG SRC=a> Boats</A>",
        "<a href=x><img src=a>",
        "<img src=a>",
    ],
)
def test_link_of_an_image_is_the_same_by_number_and_by_tags(html: str) -> None:
    """By number only, as in a build with other spans, and by the tags next to the image."""
    scan = page_scan.scan_page(html.encode())
    around = Ancestors(html.encode(), scan.charset)
    beyond = page_scan.scan_page(b" " * 10_000 + b"<img>").refs[0].span
    by_walk = [around.link(number, beyond) for number in range(len(scan.refs))]
    assert links(html) == by_walk
    hrefs = [ref.link for ref in scan.refs]
    assert [link.values.get("href") if link else None for link in by_walk] == [
        href if link else None for href, link in zip(hrefs, by_walk, strict=True)
    ]


def test_link_is_named_by_labels_titles_and_other_images() -> None:
    named = ['<i aria-label="Home"></i>', "<svg><title>Home</title></svg>", '<img src=b alt="Home">', "<b title=x></b>"]
    assert [links(f"<a href=x><img src=a>{each}</a>")[0] for each in named] == [
        Link({"href": "x"}, "", True) for _ in named
    ]
    assert links('<a href=x><img src=a alt="  "><i class="icon"></i></a>') == [Link({"href": "x"}, "", False)]


# ---- odd pages


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<img>",
        '<img src="" srcset="" sizes="" alt="" loading="" fetchpriority="">',
        '<picture><source><img srcset=", ," sizes=","></picture>',
        '<link rel=preload as=image><link rel=preload as=image href="" imagesrcset=","><img src=a.jpg>',
        '<link rel=preload as=image href="http://[broken" media="(("><img src="http://[broken">',
        '<img src="truncated.jpg" srcset="truncated.jpg 9w" sizes="auto" data-src="empty.png" fetchpriority=high>',
        '<article><div class="hero" style="background:url("><div class="cover" style="background:url()" data-bg>',
        '<article><h1>x</h1><img data-src="," data-srcset="," alt="," class="," style=":;:">',
        '<a href><img alt=""></a><a href="&#0;"><img src="data:," alt=" "></a>',
        "<img src=%ff alt=\udc80>".encode("utf-8", "replace").decode(),
    ],
)
def test_odd_page_crashes_no_rule(body: str, tmp_path: Path) -> None:
    found = lint_page(tmp_path, page(tmp_path, body), *RULES)
    assert [each.message for each in found if each.message.startswith(CRASHED)] == []


def test_preload_that_matches_one_of_two_images_is_accepted(tmp_path: Path) -> None:
    """The same file is the fallback of one image and shown by another."""
    html = page(
        tmp_path,
        '<link rel="preload" as="image" href="photo-800x450.jpg"><img src="photo-800x450.jpg" alt="A">'
        '<picture><source srcset="photo-800x450.avif" type="image/avif"><img src="photo-800x450.jpg"></picture>',
    )
    assert lint_page(tmp_path, html, "preload_mismatch") == []
    alone = html.replace('<img src="photo-800x450.jpg" alt="A">', "")
    (found,) = lint_page(tmp_path, alone, "preload_mismatch")
    assert "photo-800x450.jpg is preloaded, photo-800x450.avif is shown" in found.message
    assert found.location.line == 1
    other = html.replace("photo-800x450.jpg", "photo-800x450.jpg?v=1", 1)
    assert len(lint_page(tmp_path, other, "preload_mismatch")) == 0, "no image names exactly that URL"


@pytest.mark.parametrize(
    "body",
    [
        '<img src="a-800x450.jpg" srcset="a-800x450.jpg 0800w, b-400x225.jpg 400w" sizes="9vw">',
        '<img src="a-800x450.jpg" srcset="b-1600x900.jpg 2x, c-1200x675.jpg 1.5x">',
        '<img src="a-800x450.jpg" srcset="data:image/png;base64,aaaa 1x, b-1600x900.jpg 2x">',
    ],
)
def test_unusual_valid_descriptors_are_accepted(body: str, tmp_path: Path) -> None:
    assert lint_page(tmp_path, page(tmp_path, body), "srcset_width") == []


def test_variants_of_a_build_are_not_opened(tmp_path: Path) -> None:
    """Their names contain their width; reading thousands of them would take a minute."""
    body = (
        '<picture data-imageseo><source type="image/avif" srcset="a-800x450.avif 640w" sizes="9vw">'
        '<img src="a-800x450.jpg" alt="A" srcset="a-800x450.jpg 700w" data-imageseo="srcset"></picture>'
    )
    assert lint_page(tmp_path, page(tmp_path, body), "srcset_width") == []
    theirs = page(tmp_path / "theirs", body.replace(" data-imageseo>", ">", 1).replace(' data-imageseo="srcset"', ""))
    (found,) = lint_page(tmp_path / "theirs", theirs, "srcset_width")
    assert "its srcset declares 700w for guide/a-800x450.jpg, which is 800 px wide" in found.message


# ---- buttons


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('<span role="button"><span><img src="m-64x64.png" alt=""></span></span>', ["m-64x64.png"]),
        ("<BUTTON><IMG SRC=m-64x64.png ALT></BUTTON><button><img src=n-64x64.png alt=''></button>", ["m", "n"]),
        ('<img src="o-64x64.png" alt=""><button>\n<img src="m-64x64.png" alt="&nbsp;"></button>', ["m-64x64.png"]),
        ('<div role="button"><div>Open</div><img src="m-64x64.png" alt=""></div>', []),
        ('<a role="button" href="#"><img src="m-64x64.png" alt=""></a>', []),
        ('<!-- <button><img src="m-64x64.png" alt=""></button> --><img src="m-64x64.png" alt="">', []),
        ('<button><img src="m-64x64.png"></button>', []),
        ('<button title="Open"><img src="m-64x64.png" alt=""></button>', []),
        ('<p role="note">button</p><div><img src="m-64x64.png" alt=""></div>', []),
    ],
)
def test_buttons_without_a_name(tmp_path: Path, body: str, found: list[str]) -> None:
    html = page(tmp_path, f"<article>{body}</article>")
    names = [each.location.image or "" for each in lint_page(tmp_path, html, "alt_button_empty")]
    assert len(names) == len(found)
    assert all(name.startswith(start) for name, start in zip(names, found, strict=True))


def test_placeholders_of_common_template_languages(tmp_path: Path) -> None:
    texts = ["{{ alt }}", "{% if x %}", "${alt}", "#{alt}", "<%= alt %>", "<?php echo $alt ?>", "null", "NaN", "None"]
    body = "".join(f'<img src="a-64x64.png" alt="{text.replace("<", "&lt;")}">' for text in texts)
    html = page(tmp_path, f"<article>{body}</article>")
    assert [each.severity for each in lint_page(tmp_path, html, "alt_placeholder")] == [Severity.ERROR] * len(texts)


def test_small_image_is_blurry_only_where_its_size_is_certain(tmp_path: Path) -> None:
    body = '<div class="bar"><p>{}</p></div>'
    icon = '<img class="icon" src="button-24x24.png" alt="Next"{}>'
    furnish(tmp_path, body.format(icon))
    for styles, attributes, count in (
        ("", "", 1),
        (".bar p > img { max-width: 100%; height: auto }", "", 1),
        (".other img { width: 12px }", "", 1),
        (".icon:hover { transform: scale(2) }", "", 1),
        ("@media print { .icon { width: 12px } }", "", 1),
        (".bar img { height: 12px }", "", 0),
        ("p > .icon { inline-size: 1em }", ' width="24" height="24"', 0),
        ("img { image-rendering: pixelated }", "", 0),
        ("@media (min-width: 600px) { .icon { zoom: .5 } }", "", 0),
        ("", ' width="16" height="16"', 0),
        ("", ' style="width: 1em"', 0),
        ("", ' data-src="photo-1600x900.jpg"', 0),
        (".bar { display: none }", "", 0),
    ):
        html = f"<style>{styles}</style><article>{body.format(icon.format(attributes))}</article>"
        assert len(lint_page(tmp_path, html, "img_blurry")) == count, (styles, attributes)
    below = f"<article><p>{'boats ' * 200}</p>{icon.format('')}</article>"
    assert lint_page(tmp_path, below, "img_blurry") == []


def test_animated_gif_is_reported_from_100_kib(tmp_path: Path) -> None:
    furnish(tmp_path, "")
    moving = pictures.animated("GIF")
    for name, data in (("small", moving), ("large", moving + bytes(100 * 1024)), ("still", picture("a-48x32.png"))):
        (tmp_path / "guide" / f"{name}.gif").write_bytes(data)
    tags = "".join(f'<img src="{name}.gif" alt="Boats">' for name in ("small", "large", "still"))
    (found,) = lint_page(tmp_path, f"<article>{tags}</article>", "img_format")
    assert found.message.startswith("guide/large.gif is an animated GIF of")
    assert "video" in found.hint


@pytest.mark.parametrize(
    ("characters", "size", "attributes", "expected"),
    [
        (950, "800x450", "", []),  # the fold cuts it
        (700, "800x250", "", []),
        (300, "800x450", "", ["mobile"]),
        (950, "800x450", ' fetchpriority="high"', ["mobile"]),
    ],
)
def test_text_that_may_be_the_lcp_of_phones_excuses_the_image(
    tmp_path: Path, characters: int, size: str, attributes: str, expected: list[str]
) -> None:
    name = f"photo-{size}-180KiB.jpg"
    furnish(tmp_path, f'<img src="{name}">')
    text = ("boats " * characters)[:characters]
    body = f'<h1>Harbour</h1><p>{text}</p><img src="{name}" alt="A harbour"{attributes}>'
    found = lint_page(tmp_path, f"<!doctype html>{MATERIAL.format(body)}", "lcp_bytes")
    assert [each.message.split(" on ")[1].split()[0] for each in found] == expected
