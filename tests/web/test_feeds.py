"""Images of feeds: one enclosure an entry, plain absolute images in its content, all other bytes kept."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from imageseo.web.feeds.entry import MAX_BYTES, BadFeed, EntryUrls, FeedImage, FeedPage, FeedSite
from imageseo.web.feeds.feed_edits import edited
from imageseo.web.feeds.feed_file import is_feed, restored

URL = "https://x.example/blog/x/"
HERO = FeedImage(url="https://x.example/a.jpg", mime="image/jpeg", bytes=1234, width=40, height=30)
AMPERSAND = FeedImage(url="https://x.example/a.jpg?h=1&w=2", mime="image/jpeg", bytes=1234, width=40, height=30)
BODY = {f"{URL}one.jpg": 400, f"{URL}two.jpg": 300, f"{URL}icon.png": 16}
"""Images of the site that content shows -> their width."""
MEDIA = "{http://search.yahoo.com/mrss/}content"
RSS = '<?xml version="1.0" encoding="{}"?>\n<rss version="2.0"{}>\n<channel>\n{}\n</channel>\n</rss>\n'
ITEM = f"  <item>\n    <title>T &amp; ü</title>\n    <link>{URL}</link>\n{{}}  </item>"
ATOM = f'<feed xmlns="http://www.w3.org/2005/Atom">\n<entry>\n  <link href="{URL}"/>\n{{}}</entry></feed>'


def site(image: FeedImage | None = HERO) -> FeedSite:
    def absolute(url: str) -> str | None:
        return None if ":" in url or url.startswith(("gone", "#")) else f"https://x.example/blog/x/{url}"

    def shown(url: str) -> str | None:
        return url if url.lower().startswith(("https://", "http://")) else absolute(url)

    def file(url: str) -> FeedImage | None:
        if url in BODY:
            return replace(HERO, url=url, width=BODY[url], height=BODY[url])
        return HERO if url == HERO.url else None

    urls = EntryUrls(absolute=absolute, image=shown, substitute=lambda url: None)
    return FeedSite(
        page=lambda link: FeedPage(image=image, urls=lambda base: urls) if link.startswith(URL) else None, file=file
    )


def edit(text: str | bytes, path: str = "feed.xml", image: FeedImage | None = HERO) -> str:
    """Edit a feed, and check what is true of every edit: it can be taken back, and a second one changes nothing."""
    data = text if isinstance(text, bytes) else text.encode()
    new, reverse = edited(data, path, site(image))
    assert restored(new, reverse) == data
    assert edited(new, path, site(image)) == (new, [])
    return new.decode("utf-8", "replace")


def rss(item: str = "", root: str = "") -> str:
    return RSS.format("utf-8", root, ITEM.format(item))


def test_item_gets_enclosure_and_media_rss_and_every_other_byte_stays() -> None:
    lines = edit(rss()).splitlines(keepends=True)
    added = [line for line in lines if line not in rss().splitlines(keepends=True)]
    assert added == [
        '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/">\n',
        '    <enclosure url="https://x.example/a.jpg" length="1234" type="image/jpeg"/>\n',
        '    <media:content url="https://x.example/a.jpg" medium="image" type="image/jpeg" fileSize="1234" width="40" '
        'height="30"/>\n',
    ]


@pytest.mark.parametrize("prefix", ["", "a"])
def test_atom_entry_gets_a_link_with_its_own_prefix(prefix: str) -> None:
    colon, name = (":", f":{prefix}") if prefix else ("", "")
    feed = f'<{prefix}{colon}feed xmlns{name}="http://www.w3.org/2005/Atom"><{prefix}{colon}entry>'
    feed += f'<{prefix}{colon}link rel="alternate" href="{URL}"/></{prefix}{colon}entry></{prefix}{colon}feed>'
    entry = ElementTree.fromstring(edit(feed))[0]
    link = entry.findall("{http://www.w3.org/2005/Atom}link")[1]
    assert link.attrib == {"rel": "enclosure", "href": HERO.url, "length": "1234", "type": "image/jpeg"}
    assert [entry.find(MEDIA) is not None, f"<{prefix}{colon}link rel=" in edit(feed)] == [True, True]


@pytest.mark.parametrize("indent", [None, 1, "\t"])
def test_json_item_gets_image_and_attachment(indent: int | str | None) -> None:
    items = [{"url": URL, "title": "ü"}, {"url": "https://other.example/"}, {"id": "1"}]
    feed = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}, indent=indent)
    found = json.loads(edit(feed, "feed.json"))["items"]
    assert found[0]["image"] == HERO.url
    assert found[0]["attachments"] == [{"url": HERO.url, "mime_type": "image/jpeg", "size_in_bytes": 1234}]
    assert found[1:] == items[1:]


def test_null_of_a_json_item_is_replaced_and_images_of_its_own_stay() -> None:
    for own, image in (
        ({"image": None, "tags": []}, HERO.url),
        ({"image": "https://cdn.example/own.png"}, "https://cdn.example/own.png"),
        ({"banner_image": "https://cdn.example/own.png"}, None),
    ):
        feed = json.dumps({"version": "https://jsonfeed.org/version/1", "items": [{"url": URL, **own}]})
        assert json.loads(edit(feed, "feed.json"))["items"][0].get("image") == image


def test_ampersand_is_escaped_once_in_every_kind() -> None:
    item = ElementTree.fromstring(edit(rss(), image=AMPERSAND))[0][0]
    assert item.find("enclosure").get("url") == item.find(MEDIA).get("url") == AMPERSAND.url  # type: ignore[union-attr]
    entry = ElementTree.fromstring(edit(ATOM.format(""), image=AMPERSAND))[0]
    assert entry[1].get("href") == AMPERSAND.url
    relative = rss('<description>&lt;img src="a.jpg?h=1&amp;amp;w=2"&gt;</description>')
    found = ElementTree.fromstring(edit(relative, image=None))[0][0].findtext("description")
    assert found == f'<img src="{URL}a.jpg?h=1&amp;w=2">'


CONTENTS = {
    "picture": (
        '<p>ü<picture>\n<source type="image/avif" srcset="a.avif 1x">\n<img src="a.jpg" alt="A"></picture></p>',
        f'<p>ü<img src="{URL}a.jpg" alt="A"></p>',
    ),
    "srcset": (
        "<img sizes=100vw srcset='a.jpg 1x, b.jpg 2x' src=a.jpg alt=A><b>x</b>",
        f'<img src="{URL}a.jpg" alt=A><b>x</b>',
    ),
    "lazy": (
        '<img src="data:image/gif;base64,R0lGOD" data-src="a.jpg" data-srcset="a.jpg 1x" alt>',
        f'<img src="{URL}a.jpg" alt>',
    ),
    "lazy file": ('<img alt="" src="/loading.gif" data-src="a.jpg">', f'<img alt="" src="{URL}a.jpg">'),
    "new format": (
        '<picture><source type="image/jpeg" srcset="s.jpg 480w, l.jpg 960w"><img src="a.webp"></picture>',
        f'<img src="{URL}l.jpg">',
    ),
    "no src": ('<img srcset="s.jpg 480w, l.jpg 960w">', f'<img src="{URL}l.jpg">'),
    "links": (
        '<a href="../y/">Y</a> <a href="#fn">1</a> <video poster="a.jpg" src="a.mp4"></video>',
        f'<a href="{URL}../y/">Y</a> <a href="#fn">1</a> <video poster="{URL}a.jpg" src="{URL}a.mp4"></video>',
    ),
    "absolute": (
        '<picture><source srcset="https://cdn.example/a.avif"><img src="https://cdn.example/a.jpg"></picture>',
        '<img src="https://cdn.example/a.jpg">',
    ),
    "gone": ('<picture><source srcset="gone.avif"><img src="gone.jpg" srcset="gone.jpg 2x"></picture>', None),
    "text": ("a &lt;img src=a.jpg&gt; b <!-- <img src=a.jpg> --> <code>&lt;picture&gt;</code>", None),
}


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("kind", ["escaped", "cdata", "numeric", "atom", "json"])
def test_images_in_content_become_plain_and_absolute(name: str, kind: str) -> None:
    before, after = CONTENTS[name]
    after = before if after is None else after
    write: dict[str, Callable[[str], str]] = {
        "escaped": lambda html: html.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
        "cdata": lambda html: f"<![CDATA[{html}]]>",
        "numeric": lambda html: "".join(f"&#{ord(c)};" if c in "&<>\"'" else c for c in html),
    }
    if kind == "json":
        feed = json.dumps(
            {"version": "https://jsonfeed.org/version/1", "items": [{"url": URL, "content_html": before}]}
        )
        assert json.loads(edit(feed, "feed.json"))["items"][0]["content_html"] == after
    elif kind == "atom":
        found = ElementTree.fromstring(edit(ATOM.format(f'<content type="html">{write["escaped"](before)}</content>')))
        assert found[0].findtext("{http://www.w3.org/2005/Atom}content") == after
    else:
        root = ' xmlns:c="http://purl.org/rss/1.0/modules/content/"'
        for tag in ("description", "c:encoded"):
            found = ElementTree.fromstring(edit(rss(f"<{tag}>{write[kind](before)}</{tag}>", root)))[0][0]
            assert found[2].text == after


def test_xhtml_content_is_edited_as_markup() -> None:
    picture = '<p>ü<picture><source srcset="a.avif"/><img src="a.jpg" srcset="a.jpg 1x" alt="A"/></picture></p>'
    content = '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{}</div></content>'
    new = edit(ATOM.format(content.format(picture)))
    assert content.format(f'<p>ü<img src="{URL}a.jpg" alt="A"/></p>') in new


def test_a_podcast_keeps_its_episodes_and_gets_media_rss_alone() -> None:
    audio = '<enclosure url="https://x.example/a.mp3" length="1" type="audio/mpeg"/>'
    feed = RSS.format("utf-8", "", ITEM.format(audio) + ITEM.format(""))
    new = edit(feed)
    assert (new.count("<enclosure"), new.count("<media:content"), audio in new) == (1, 2, True)
    link = '<link rel="enclosure" href="https://x.example/a.ogg" type="audio/ogg"/>'
    assert edit(ATOM.format(link)).count('rel="enclosure"') == 1
    items: list[dict[str, Any]] = [
        {"url": URL, "attachments": [{"url": "a.mp3", "mime_type": "audio/mpeg"}]},
        {"url": URL},
    ]
    new = edit(json.dumps({"version": "https://jsonfeed.org/version/1", "items": items}), "feed.json")
    assert (new.count('"attachments"'), new.count('"image"')) == (1, 2)


@pytest.mark.parametrize(
    "own",
    [
        '<enclosure url="https://cdn.example/own.png" length="9" type="image/png"/>',
        '<media:thumbnail url="https://cdn.example/own.png"/><enclosure url="u.jpg" length="1" type="image/jpeg"/>',
        '<media:group><media:content url="https://cdn.example/v.mp4"/></media:group><enclosure url="u.png"/>',
    ],
)
def test_images_of_the_generator_stay(own: str) -> None:
    feed = rss(own, ' xmlns:media="http://search.yahoo.com/mrss/"')
    assert edit(feed) == feed


def test_length_and_type_of_an_enclosed_image_of_the_site_are_corrected() -> None:
    for wrong in ('length="None" type="image/png"', "type='image/webp'", 'type=""\n length="0"'):
        new = edit(rss(f'<enclosure url="{HERO.url}" {wrong} />'))
        found = ElementTree.fromstring(new)[0][0].find("enclosure")
        assert found is not None
        assert (found.get("length"), found.get("type")) == ("1234", "image/jpeg")
    other = rss('<enclosure url="https://cdn.example/a.jpg" length="0" type="image/png"/>')
    assert edit(other) == other


def test_namespace_of_media_rss_is_declared_once_and_its_prefix_respected() -> None:
    assert edit(rss("", ' xmlns:m="http://search.yahoo.com/mrss/"')).count("mrss/") == 1
    assert "<m:content" in edit(rss("", ' xmlns:m="http://search.yahoo.com/mrss/"'))
    foreign = edit(rss("", ' xmlns:media="https://other.example/"'))
    assert "<enclosure" in foreign
    assert "<media:content" not in foreign


@pytest.mark.parametrize("encoding", ["windows-1252", "iso-8859-15", "utf-16", "utf-8-sig", "shift_jis", "koi8-r"])
def test_encodings_are_kept(encoding: str) -> None:
    letter = {"shift_jis": "日本", "koi8-r": "Привет"}.get(encoding, "ü")
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    item = ITEM.replace("ü", letter).format(f"<description>{letter}<![CDATA[<img src=a.jpg>]]></description>\n")
    new, reverse = edited(RSS.format(name, "", item).encode(encoding), "feed.xml", site())
    assert restored(new, reverse) == RSS.format(name, "", item).encode(encoding)
    text = new.decode(encoding)
    assert f"{letter}<![CDATA[<img src" in text
    assert "<enclosure" in text
    assert f'src="{URL}a.jpg"' in text


LAUGHS = '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (rss().replace("</item>", ""), "not well-formed"),
        (rss().replace("<rss", f"{LAUGHS}<rss", 1), "declares entities"),
        (rss("&nbsp;"), "not well-formed"),
        (rss("&nbsp;").replace("<rss", '<!DOCTYPE rss SYSTEM "https://x.example/rss.dtd"><rss', 1), "entities"),
        (rss("<a>" * 900 + "</a>" * 900), "nested"),
        (rss("x" * MAX_BYTES), "larger than 4 MiB"),
        (RSS.format("rot13", "", ITEM), "encoding rot13 is not known"),
        (rss().encode("latin-1"), "not valid in its encoding"),
    ],
)
def test_a_feed_that_cannot_be_edited_safely_says_why(data: str | bytes, why: str) -> None:
    with pytest.raises(BadFeed, match=why):
        edited(data if isinstance(data, bytes) else data.encode(), "feed.xml", site())


@pytest.mark.parametrize(
    "data", ["{", '{"a":' * 100_000, '{"version": "https://jsonfeed.org/version/1", "items": [1,]}']
)
def test_broken_json_says_why(data: str) -> None:
    with pytest.raises(BadFeed, match=r"not valid JSON|nested"):
        edited(data.encode(), "feed.json", site())


def test_other_files_are_no_feeds() -> None:
    for text in ('<urlset xmlns="a"/>', '<rss:x xmlns:rss="a"><item/></rss:x>', '<RDF xmlns="a"><item/></RDF>'):
        assert edit(text) == text
    assert not is_feed(b'<urlset xmlns="a"/>', "sitemap.xml")
    assert not is_feed(b'{"search": 1}', "index.json")
    assert is_feed("<?xml?><rss version='2'>".encode("utf-16"), "feed.xml")
    for text in ('{"version": "https://jsonfeed.org/version/1"}', '["https://jsonfeed.org/version/1"]'):
        assert edit(text, "feed.json") == text


def test_many_images_take_time_in_proportion() -> None:
    html = "&lt;img src=a.jpg srcset='a.jpg 1x'&gt; &lt;a href=b&gt;" * 8_000
    started = time.process_time()
    edited(rss(f"<description>{html}</description>").encode(), "feed.xml", site())
    assert time.process_time() - started < 20  # quadratic: minutes


def test_repeated_attributes_do_not_come_back() -> None:
    feed = rss("<description>&lt;img srcset='a.jpg 1x' src=a.jpg srcset='b.jpg 2x' src=b.jpg&gt;</description>")
    assert "srcset" not in edit(feed)


def test_media_rss_has_every_image_of_the_content(subtests: pytest.Subtests) -> None:
    """peers-surfaces 27: Mailchimp shows images from media:content alone."""
    names = ("one.jpg", "icon.png", "two.jpg", "one.jpg")
    body = "<description>" + "".join(f'&lt;img src="{name}"&gt;' for name in names) + "</description>"
    for name, image, expected in (
        ("with a hero", HERO, [HERO.url, f"{URL}one.jpg", f"{URL}two.jpg"]),
        ("without one", None, [f"{URL}one.jpg", f"{URL}two.jpg"]),
    ):
        with subtests.test(name):
            new = edit(rss(body), image=image)
            root = ElementTree.fromstring(new)
            found = [each.attrib for each in root.iter(MEDIA)]
            assert [each["url"] for each in found] == expected
            assert {each["medium"] for each in found} == {"image"}
            assert all({"type", "width", "height"} <= each.keys() for each in found)
            assert new.count("xmlns:media") == 1
            assert len([*root.iter("enclosure")]) == (image is not None)
