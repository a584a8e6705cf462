"""Tags for link previews: one image, nothing twice, and the author's tags come back."""

from __future__ import annotations

import re

import pytest

from imageseo.web.html import edits, head, page_scan
from imageseo.web.social.image import SharedImage
from imageseo.web.social.robots import with_permission
from imageseo.web.social.tags import SocialTags, twitter_images

CARD = SharedImage.of_file("https://x.dev/c.jpg", mime="image/jpeg", size=(1200, 630), alt='A "hill" & <b>')
OWN = '<meta property="og:image" content="https://x.dev/c.jpg">'


def page(tags: str) -> bytes:
    return f"<!doctype html><html><head><title>T</title>{tags}</head><body><p>x</p></body></html>".encode()


def with_card(html: bytes, *, card: SharedImage = CARD, fix: bool = True) -> bytes:
    scan = page_scan.scan_page(html)
    found = head.read(html, scan)
    assert scan.head_end is not None
    tags = SocialTags(html=html, head=found, charset=scan.charset, at=scan.head_end)
    tags.set_image(card)
    tags.set_twitter_image(card, twitter_images(found))
    tags.set_card(large=True, fix=fix)
    tags.allow_large_previews(fix=fix)
    return edits.apply(html, tags.edits)


def metas(html: bytes) -> list[tuple[str, str]]:
    found = head.read(html, page_scan.scan_page(html))
    named = [((tag.get("property") or tag.get("name") or ""), tag.get("content") or "") for tag in found.metas]
    return [each for each in named if each[0] != "replaced"]


EXISTING = {
    "none": "",
    "complete": OWN,
    "two images": '<meta property="og:image" content="/own.png"><meta property="og:image" content="/theme.png">',
    "by name": '<meta name="og:image" content="a.webp">',
    "unquoted": "<meta property=og:image content=a.webp>",
    "self-closing": '<META PROPERTY="OG:IMAGE" CONTENT="a.webp" />',
    "with parts": '<meta property="og:image" content="a.png"><meta property="og:image:width" content="9">'
    '<meta property="og:image:secure_url" content="https://old.dev/a.png"><meta property="og:image:alt" content="old">',
    "parts of two": '<meta property="og:image" content="a.png"><meta property="og:image:width" content="9">'
    '<meta property="og:image" content="b.png"><meta property="og:image:width" content="8">',
    "part before": '<meta property="og:image:width" content="9"><meta property="og:image" content="a.png">',
    "twitter": '<meta name="twitter:card" content="summary"><meta name="twitter:image" content="a.webp">'
    '<meta name="twitter:site" content="@x">',
    "two cards": '<meta name="twitter:card" content="summary"><meta name="twitter:card" content="summary_large_image">',
    "robots": '<meta name="robots" content="index, follow">',
    "entities": '<meta property="og:image" content="a&amp;b.png?x=&quot;1&quot;">',
}


@pytest.mark.parametrize("name", EXISTING)
def test_each_tag_is_there_once_and_the_page_comes_back(name: str) -> None:
    before = page(EXISTING[name])
    after = with_card(before)
    found = metas(after)
    wanted = {
        "og:image": CARD.url,
        "og:image:type": "image/jpeg",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": 'A "hill" & <b>',
        "twitter:card": "summary_large_image",
    }
    for key, value in wanted.items():
        assert [text for each, text in found if each == key] == [value], key
    robots = [text for each, text in found if each == "robots"]
    assert robots == ["index, follow, max-image-preview:large" if name == "robots" else "max-image-preview:large"]
    assert [each for each, _ in found].index("og:image") < [each for each, _ in found].index("og:image:width")
    assert edits.strip(after) == before
    if name == "twitter":
        assert ("twitter:image", CARD.url) in found
        assert ("twitter:site", "@x") in found
    assert with_card(edits.strip(after)) == after


def test_what_is_right_already_is_not_touched() -> None:
    whole = OWN + "".join(
        f'<meta property="og:image:{name}" content="{text}">'
        for name, text in (("type", "image/jpeg"), ("width", "1200"), ("height", "630"))
    )
    rest = (
        '<meta name="twitter:card" content="summary_large_image"><meta name="robots" content="max-image-preview:large">'
    )
    html = page(whole + rest)
    card = SharedImage.of_file(CARD.url, mime="image/jpeg", size=(1200, 630), alt="")
    assert with_card(html, card=card) == html


def test_kept_tags_of_the_author() -> None:
    html = page('<meta name="twitter:card" content="summary"><meta name="robots" content="index">')
    after = metas(with_card(html, fix=False))
    assert ("twitter:card", "summary") in after
    assert ("robots", "index") in after
    player = page('<meta name="twitter:card" content="player">')
    assert ("twitter:card", "player") in metas(with_card(player))


def test_large_card_without_an_image_becomes_the_small_one() -> None:
    html = page('<meta name="twitter:card" content="summary_large_image">')
    scan = page_scan.scan_page(html)
    tags = SocialTags(html=html, head=head.read(html, scan), charset=scan.charset, at=scan.head_end or 0)
    tags.set_card(large=False, fix=True)
    after = edits.apply(html, tags.edits)
    assert ("twitter:card", "summary") in metas(after)
    assert edits.strip(after) == html


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "max-image-preview:large"),
        ("index, follow", "index, follow, max-image-preview:large"),
        ("all,", "all, max-image-preview:large"),
        ("max-snippet:20", "max-snippet:20, max-image-preview:large"),
        ("unavailable_after: Wed, 25 Jun 2031", "unavailable_after: Wed, 25 Jun 2031, max-image-preview:large"),
        ("noindex", None),
        ("NOINDEX,follow", None),
        ("none", None),
        ("noimageindex", None),
        ("nosnippet", None),
        ("max-image-preview:none", None),
        ("max-image-preview : standard", None),
        ("max-image-preview:large", None),
    ],
)
def test_robots_are_never_weakened(before: str, after: str | None) -> None:
    assert with_permission(before) == after


def test_tags_of_documentation_in_the_text_are_no_tags() -> None:
    code = '<pre><code>&lt;meta property="og:image" content="a" data-imageseo="x"&gt;</code></pre>'
    html = page("") + code.encode()
    assert edits.strip(html) == html
    foreign = page('<meta name="x" data-imageseo="kept">')
    assert edits.strip(foreign) == foreign
    assert re.search(rb"kept", foreign)
