"""Image sitemaps: added to any sitemap of a generator, within limits, and unchanged by a second run."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from lxml import etree

from imageseo.web.sitemaps.document import IMAGE, SITEMAP, compress_gzip, decompress_gzip
from imageseo.web.sitemaps.image_sitemap import SitemapChanges, SitemapLimits, join_images

SCHEMA = Path(__file__).parent / "schemas" / "sitemap.xsd"
BASE = "https://example.org/docs/"
NAMES = {"s": SITEMAP, "i": IMAGE}

MKDOCS = b"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
    <url>
         <loc>https://example.org/docs/</loc>
         <lastmod>2026-11-22</lastmod>
    </url>
    <url>
         <loc>https://example.org/docs/guide/</loc>
         <lastmod>2026-11-22</lastmod>
    </url>
</urlset>
"""
FULL = b"""<?xml version='1.0' encoding='utf-8'?>
<?xml-stylesheet type="text/xsl" href="/main-sitemap.xsl"?>

<!-- made by a theme -->
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"
        xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
        xmlns:pic="http://www.google.com/schemas/sitemap-image/1.1"
        xmlns:video="http://www.google.com/schemas/sitemap-video/1.1">
  <!-- the front page -->
  <url>
    <loc>https://example.org/docs/?a=1&amp;b=2</loc>
    <xhtml:link rel="alternate" hreflang="de" href="https://example.org/docs/de/"/>
    <news:news><news:title><![CDATA[Big & bold]]></news:title></news:news>
    <pic:image><pic:loc>https://cdn.example.net/a.jpg</pic:loc><pic:title>Theirs</pic:title></pic:image>
    <pic:image><pic:loc>https://example.org/docs/old.jpg</pic:loc></pic:image>
    <video:video><video:title>Film</video:title></video:video>
  </url>
</urlset>
<!-- the end -->
"""


class Folder(dict[str, bytes]):
    """The files of a site."""

    def join(self, images: dict[str, list[str]], limits: SitemapLimits | None = None) -> SitemapChanges:
        done = join_images(self.get, images, base_url=BASE, limits=limits)
        self.update(done.files)
        for path in done.stale:
            del self[path]
        return done

    def images(self, page: str, name: str = "sitemap.xml") -> list[str]:
        root = etree.fromstring(self[name])
        return [
            str(loc.text)
            for url in root.iterfind("s:url", NAMES)
            if url.findtext("s:loc", namespaces=NAMES) == page
            for loc in url.iterfind("i:image/i:loc", NAMES)
        ]


def assert_valid(data: bytes) -> None:
    schema = etree.XMLSchema(etree.parse(str(SCHEMA)))
    schema.assertValid(etree.fromstring(data))


def canonical(data: bytes) -> str:
    """Return canonical XML, independent of quotes and the order of declarations."""
    return etree.canonicalize(etree.ElementTree(etree.fromstring(data)), with_comments=True)


def assert_unchanged_by_second_run(
    folder: Folder, images: dict[str, list[str]], limits: SitemapLimits | None = None
) -> None:
    """Check that a second run writes and removes nothing."""
    again = folder.join(images, limits)
    assert (again.files, again.stale) == ((), ())


def test_mkdocs_sitemap_gets_images_and_keeps_every_other_byte() -> None:
    folder = Folder({"sitemap.xml": MKDOCS})
    images = {BASE: [BASE + "a.jpg", BASE + "b.png"], BASE + "guide/": [BASE + "guide/c.webp"]}
    assert folder.join(images).problems == ()
    data = folder["sitemap.xml"]
    assert_valid(data)
    assert folder.images(BASE) == images[BASE]
    assert folder.images(BASE + "guide/") == images[BASE + "guide/"]
    ours = [line for line in data.splitlines(keepends=True) if b"image:image" in line]
    rest = b"".join(line for line in data.splitlines(keepends=True) if line not in ours)
    assert rest.replace(f' xmlns:image="{IMAGE}"'.encode(), b"") == MKDOCS
    assert [line[:9] for line in ours] == [b"         "] * 3, "added lines have the indentation of the file"
    assert_unchanged_by_second_run(folder, images)


def test_sitemap_with_extensions_keeps_all_of_them() -> None:
    folder = Folder({"sitemap.xml": FULL})
    images = {BASE + "?a=1&b=2": [BASE + "new.jpg", "https://cdn.example.net/a.jpg"]}
    assert folder.join(images).problems == ()
    data = folder["sitemap.xml"]
    old, new = (
        b"<pic:loc>https://example.org/docs/old.jpg</pic:loc>",
        b"<pic:loc>https://example.org/docs/new.jpg</pic:loc>",
    )
    assert old not in data
    assert data.count(new) == 1
    assert data.count(b"https://cdn.example.net/a.jpg") == 1, "an image that is already listed is not listed twice"
    removed = b"    <pic:image>" + old + b"</pic:image>\n"
    added = b"    <pic:image>" + new + b"</pic:image>\n  </url>"
    wanted = canonical(FULL.replace(removed, b"").replace(b"  </url>", added))
    assert canonical(data) == wanted
    assert data.startswith(FULL[: FULL.index(b"<urlset")]), "declaration, stylesheet and comments stay as written"
    assert data.endswith(b"<!-- the end -->\n")
    assert b"<![CDATA[Big & bold]]>" in data
    assert_unchanged_by_second_run(folder, images)


def test_removed_images_are_removed_from_sitemap() -> None:
    folder = Folder({"sitemap.xml": MKDOCS})
    folder.join({BASE: [BASE + "a.jpg", BASE + "b.jpg"]})
    folder.join({BASE: [BASE + "b.jpg"]})
    assert folder.images(BASE) == [BASE + "b.jpg"]
    folder.join({BASE: []})
    assert folder["sitemap.xml"].replace(f' xmlns:image="{IMAGE}"'.encode(), b"") == MKDOCS


def test_no_images_leave_sitemap_unchanged() -> None:
    assert Folder({"sitemap.xml": MKDOCS}).join({BASE: []}) == SitemapChanges()
    assert Folder({"sitemap.xml": FULL.replace(b"/docs/old.jpg", b"/blog/old.jpg")}).join({}) == SitemapChanges()


@pytest.mark.parametrize(
    "page",
    [
        "https://EXAMPLE.org/docs/guide/",
        BASE + "guide/index.html",
        BASE + "guide",
        BASE + "guide.html",
        BASE + "gu%69de/",
        "http://example.org/docs/guide/",
    ],
)
def test_pages_are_found_for_any_url_spelling(page: str) -> None:
    folder = Folder({"sitemap.xml": MKDOCS})
    folder.join({page: [BASE + "a.jpg"]})
    assert folder.images(BASE + "guide/") == [BASE + "a.jpg"]


def test_ambiguous_page_url_gets_no_images() -> None:
    folder = Folder({"sitemap.xml": MKDOCS.replace(b"guide/</loc>", b"guide</loc>")})
    folder.join({BASE + "guide.html": [BASE + "a.jpg"], BASE + "guide/": [BASE + "b.jpg"]})
    assert folder.images(BASE + "guide") == []


def test_page_missing_from_sitemap_is_not_added() -> None:
    folder = Folder({"sitemap.xml": MKDOCS})
    assert folder.join({BASE + "secret/": [BASE + "a.jpg"]}) == SitemapChanges()


def test_compressed_copy_is_updated_without_timestamp() -> None:
    folder = Folder({"sitemap.xml": MKDOCS, "sitemap.xml.gz": gzip.compress(MKDOCS, mtime=1_700_000_000)})
    images = {BASE: [BASE + "a.jpg"]}
    folder.join(images)
    assert gzip.decompress(folder["sitemap.xml.gz"]) == folder["sitemap.xml"]
    assert folder["sitemap.xml.gz"][4:8] == b"\0\0\0\0"
    assert_unchanged_by_second_run(folder, images)
    folder["sitemap.xml.gz"] = gzip.compress(MKDOCS)  # a run that was killed between the two files
    assert [path for path, _ in folder.join(images).files] == ["sitemap.xml.gz"]


def test_current_compressed_copy_is_unchanged() -> None:
    folder = Folder({"sitemap.xml": MKDOCS, "sitemap.xml.gz": gzip.compress(MKDOCS, mtime=1_700_000_000)})
    assert folder.join({}) == SitemapChanges()


def test_decompression_is_limited_and_reports_damage() -> None:
    data = b"x" * 100_000
    assert gzip.decompress(compress_gzip(data)) == data
    assert decompress_gzip(compress_gzip(data), len(data)) == data
    with pytest.raises(ValueError, match="more than 99999 bytes"):
        decompress_gzip(compress_gzip(data), len(data) - 1)
    with pytest.raises(ValueError, match="truncated"):
        decompress_gzip(compress_gzip(data)[:-9], len(data))
    with pytest.raises(ValueError, match="damaged gzip"):
        decompress_gzip(b"\x1f\x8b\x08\x00nonsense-nonsense", 100)


INDEX = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="{SITEMAP}">\n'
    "  <sitemap>\n    <loc>https://example.org/docs/sitemap-posts.xml</loc>\n    <lastmod>2026-11-22</lastmod>\n"
    "  </sitemap>\n"
    "  <sitemap>\n    <loc>https://example.org/docs/en/sitemap.xml.gz</loc>\n  </sitemap>\n"
    "  <sitemap>\n    <loc>https://elsewhere.example/sitemap.xml</loc>\n  </sitemap>\n"
    "</sitemapindex>\n"
).encode()


@pytest.mark.parametrize("name", ["sitemap.xml", "sitemap-index.xml", "sitemap_index.xml"])
def test_sitemaps_of_index_get_images(name: str) -> None:
    other = MKDOCS.replace(b"/docs/guide/", b"/docs/en/guide/").replace(b"/docs/</loc>", b"/docs/en/</loc>")
    folder = Folder({name: INDEX, "sitemap-posts.xml": MKDOCS, "en/sitemap.xml.gz": gzip.compress(other)})
    images = {BASE + "guide/": [BASE + "a.jpg"], BASE + "en/guide/": [BASE + "b.jpg"]}
    done = folder.join(images)
    assert done.problems == ()
    assert {path for path, _ in done.files} == {"sitemap-posts.xml", "en/sitemap.xml.gz"}
    assert folder.images(BASE + "guide/", "sitemap-posts.xml") == [BASE + "a.jpg"]
    folder["plain"] = gzip.decompress(folder["en/sitemap.xml.gz"])
    assert folder.images(BASE + "en/guide/", "plain") == [BASE + "b.jpg"]
    assert_unchanged_by_second_run(folder, images)


def test_index_with_missing_sitemap_is_reported_and_rest_updated() -> None:
    folder = Folder({"sitemap.xml": INDEX, "sitemap-posts.xml": MKDOCS})
    done = folder.join({BASE: [BASE + "a.jpg"]})
    assert done.problems == ("en/sitemap.xml.gz: listed in sitemap.xml but missing",)
    assert folder.images(BASE, "sitemap-posts.xml") == [BASE + "a.jpg"]
    folder["en/sitemap.xml.gz"] = compress_gzip(INDEX)
    assert folder.join({}).problems == ("en/sitemap.xml.gz: index listed in the index sitemap.xml; left unchanged",)


@pytest.mark.parametrize(
    "loc", ["", "../up.xml", "%2e%2e/up.xml", "a/..", "a/./b.xml", "a%00.xml", "a%5C..%5Cb.xml", "sitemap.php?page=2"]
)
def test_index_entry_outside_site_is_not_read(loc: str) -> None:
    paths_read: list[str] = []

    def read(path: str) -> bytes | None:
        paths_read.append(path)
        return INDEX.replace(b"sitemap-posts.xml", loc.encode()) if path == "sitemap.xml" else MKDOCS

    done = join_images(read, {BASE: [BASE + "a.jpg"]}, base_url=BASE)
    assert [path for path, _ in done.files if path != "en/sitemap.xml.gz"] == []
    assert set(paths_read) <= {"sitemap.xml", "en/sitemap.xml.gz"}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not well-formed"),
        (b"<urlset><url>", "not well-formed"),
        (MKDOCS.replace(b"</loc>", b"</lok>", 1), "not well-formed"),
        (b"<html><body>404</body></html>", "the root element is <html>"),
        (MKDOCS.replace(b'"UTF-8"', b'"no-such-charset"'), "not well-formed"),
        (b"\x1f\x8bgarbage", "damaged gzip"),
        (b'<!DOCTYPE r [<!ENTITY a "&b;"><!ENTITY b "&a;">]><r>&a;</r>', "entity reference loop"),
    ],
)
def test_broken_sitemap_is_reported_and_unchanged(data: bytes, why: str) -> None:
    folder = Folder({"sitemap.xml": data, "sitemap.xml.gz": b"anything"})
    done = folder.join({BASE: [BASE + "a.jpg"]})
    assert (done.files, done.stale) == ((), ())
    assert len(done.problems) == 1
    assert done.problems[0].startswith("sitemap.xml: ")
    assert why in done.problems[0]


def test_no_entity_is_expanded_or_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET", encoding="utf-8")
    doctype = f'<!DOCTYPE urlset [<!ENTITY x SYSTEM "{secret.as_uri()}">]>\n'.encode()
    host = MKDOCS.replace(b"<urlset", doctype + b"<urlset").replace(b"2026-11-22", b"&x;", 1)
    folder = Folder({"sitemap.xml": host})
    folder.join({BASE: [BASE + "a.jpg"]})
    assert b"SECRET" not in folder["sitemap.xml"]
    assert doctype in folder["sitemap.xml"]
    assert b"<lastmod>&x;</lastmod>" in folder["sitemap.xml"]


@pytest.mark.parametrize(
    "host",
    [
        pytest.param(MKDOCS.replace(b"\n", b"\r\n"), id="crlf"),
        pytest.param(b"\xef\xbb\xbf" + MKDOCS, id="bom"),
        pytest.param(MKDOCS.replace(b"\n", b"").replace(b"  ", b""), id="minified"),
        pytest.param(MKDOCS.decode().replace("UTF-8", "UTF-16").encode("utf-16"), id="utf-16"),
        pytest.param(MKDOCS.decode().replace("UTF-8", "iso-8859-1").encode("latin-1"), id="latin-1"),
        pytest.param(MKDOCS.split(b"\n", 1)[1], id="no-declaration"),
        pytest.param(MKDOCS.replace(b"<urlset", b'<urlset xmlns:image="urn:other"'), id="prefix-taken"),
        pytest.param(re.sub(rb"(</?)(?=[a-z])", rb"\1m:", MKDOCS).replace(b"xmlns=", b"xmlns:m="), id="prefixed"),
        pytest.param(MKDOCS.replace(f' xmlns="{SITEMAP}"'.encode(), b""), id="no-namespace"),
    ],
)
def test_encoding_and_format_of_sitemap_are_kept(host: bytes) -> None:
    folder = Folder({"sitemap.xml": host})
    images = {BASE: [BASE + "ä b.jpg"]}
    assert folder.join(images).problems == ()
    root = etree.fromstring(folder["sitemap.xml"])
    assert [loc.text for loc in root.iter(f"{{{IMAGE}}}loc")] == [BASE + "%C3%A4%20b.jpg"]
    assert (b"\r\n" in folder["sitemap.xml"]) == (b"\r\n" in host)
    assert folder["sitemap.xml"][:3] == host[:3]
    if b"\r\n" in host:
        assert folder["sitemap.xml"].count(b"\n") == folder["sitemap.xml"].count(b"\r\n")
    assert_unchanged_by_second_run(folder, images)


def test_missing_sitemap_is_created_and_kept_current() -> None:
    folder = Folder()
    images = {BASE + "b/": [BASE + "b.jpg", BASE + "b.jpg"], BASE: [BASE + "a&b.jpg"], BASE + "none/": []}
    folder.join(images)
    assert list(folder) == ["sitemap.xml"]
    assert_valid(folder["sitemap.xml"])
    assert folder.images(BASE) == [BASE + "a&b.jpg"]
    assert folder.images(BASE + "b/") == [BASE + "b.jpg"]
    assert BASE + "none/" not in folder["sitemap.xml"].decode()
    assert_unchanged_by_second_run(folder, images)
    folder.join({BASE + "new/": [BASE + "n.jpg"]})
    assert folder.images(BASE + "new/") == [BASE + "n.jpg"]
    assert folder.images(BASE) == [], "a removed page is removed from an own sitemap"
    assert folder.join({}).stale == ("sitemap.xml",)


def test_no_images_and_no_sitemap_write_nothing() -> None:
    assert Folder().join({BASE: []}) == SitemapChanges()


@pytest.mark.parametrize("limits", [SitemapLimits(urls=10), SitemapLimits(bytes=2_500)], ids=["pages", "bytes"])
def test_own_sitemap_is_split_at_limits_and_merged_again(limits: SitemapLimits) -> None:
    folder = Folder()
    images = {f"{BASE}p{number:02}/": [f"{BASE}i{number}.jpg"] for number in range(25)}
    folder.join(images, limits)
    assert_valid(folder["sitemap.xml"])
    index = etree.fromstring(folder["sitemap.xml"])
    parts = [str(loc.text).removeprefix(BASE) for loc in index.iterfind("s:sitemap/s:loc", NAMES)]
    assert len(parts) > 1
    assert set(folder) == {"sitemap.xml", *parts}
    found: dict[str, list[str]] = {}
    for part in parts:
        assert_valid(folder[part])
        assert len(folder[part]) <= limits.bytes
        urls = etree.fromstring(folder[part]).findall("s:url", NAMES)
        assert len(urls) <= limits.urls
        for url in urls:
            page = str(url.findtext("s:loc", namespaces=NAMES))
            found[page] = folder.images(page, part)
    assert found == images
    assert_unchanged_by_second_run(folder, images, limits)
    folder.join(dict(list(images.items())[:3]), limits)
    assert list(folder) == ["sitemap.xml"], "parts that are no longer needed are removed"


@pytest.mark.parametrize("limits", [SitemapLimits(urls=10), SitemapLimits(bytes=3_000)], ids=["pages", "bytes"])
def test_existing_sitemap_beyond_limits_is_split_without_loss(limits: SitemapLimits) -> None:
    urls = "".join(
        f"  <url><loc>{BASE}p{number}/</loc><lastmod>2026-11-{number % 28 + 1:02}</lastmod></url>\n"
        for number in range(22)
    )
    top = '<?xml version="1.0"?>\n<?xml-stylesheet href="s.xsl"?>\n'
    host = f'{top}<urlset xmlns="{SITEMAP}">\n{urls}</urlset>\n'.encode()
    folder = Folder({"sitemap.xml": host, "sitemap.xml.gz": gzip.compress(host)})
    images = {f"{BASE}p{number}/": [f"{BASE}{letter}{number}.jpg" for letter in "ab"] for number in range(22)}
    folder.join(images, limits)
    assert gzip.decompress(folder["sitemap.xml.gz"]) == folder["sitemap.xml"]
    assert_valid(folder["sitemap.xml"])
    parts = sorted(set(folder) - {"sitemap.xml", "sitemap.xml.gz"})
    assert len(parts) > 1
    whole = b"".join(folder[part] for part in parts)
    for part in parts:
        assert_valid(folder[part])
        assert len(folder[part]) <= limits.bytes
        assert folder[part].count(b"<url>") <= limits.urls
        assert b'<?xml-stylesheet href="s.xsl"?>' in folder[part]
    for number in range(22):
        assert whole.count(f"<loc>{BASE}p{number}/</loc><lastmod>2026-11-{number % 28 + 1:02}</lastmod>".encode()) == 1
        assert whole.count(f"{BASE}a{number}.jpg".encode()) == 1
    assert_unchanged_by_second_run(folder, images, limits)


def test_sitemap_of_index_beyond_limits_adds_part_to_index() -> None:
    folder = Folder(
        {"sitemap.xml": INDEX.replace(b"en/sitemap.xml.gz", b"en.xml"), "sitemap-posts.xml": MKDOCS, "en.xml": MKDOCS}
    )
    images = {BASE: [BASE + "a.jpg"], BASE + "guide/": [BASE + "b.jpg"]}
    folder.join(images, SitemapLimits(urls=1))
    assert_valid(folder["sitemap.xml"])
    assert folder.images(BASE, "sitemap-posts.xml") == [BASE + "a.jpg"]
    assert folder.images(BASE + "guide/", "sitemap-posts-imageseo-2.xml") == [BASE + "b.jpg"]
    assert f"{BASE}sitemap-posts-imageseo-2.xml".encode() in folder["sitemap.xml"]
    assert_unchanged_by_second_run(folder, images, SitemapLimits(urls=1))


@pytest.mark.slow
def test_real_limits_split_by_pages_and_by_bytes_into_one_flat_index() -> None:
    """50,001 pages; then fewer pages whose images exceed 50 MB."""
    many = {f"{BASE}{number}/": [f"{BASE}{number}.jpg"] for number in range(50_001)}
    files = dict(join_images(lambda _: None, many, base_url=BASE).files)
    assert [files[f"sitemap-imageseo-{number}.xml"].count(b"<url>") for number in (1, 2)] == [50_000, 1]
    assert files["sitemap.xml"].count(b"<sitemap>") == 2
    long = "x" * 1000
    heavy = {f"{BASE}{page}/": [f"{BASE}{page}-{image}-{long}.jpg" for image in range(100)] for page in range(600)}
    files = dict(join_images(lambda _: None, heavy, base_url=BASE).files)
    assert max(map(len, files.values())) <= 52_428_800
    assert sum(data.count(b"<url>") for data in files.values()) == 600
    assert b"<sitemapindex" in files["sitemap.xml"]


def test_images_beyond_page_limit_are_omitted_and_reported() -> None:
    images = {BASE: [f"{BASE}{number}.jpg" for number in range(1005)]}
    for folder in (Folder({"sitemap.xml": MKDOCS}), Folder()):
        done = folder.join(images)
        assert folder.images(BASE) == images[BASE][:1000]
        assert done.problems == (f"{BASE}: 5 images beyond the limit of 1000 per page are omitted",)
        assert_unchanged_by_second_run(folder, images)


def test_too_long_url_is_omitted_and_reported() -> None:
    folder = Folder({"sitemap.xml": MKDOCS})
    done = folder.join({BASE: [BASE + "x" * 2100, BASE + "a.jpg"]})
    assert folder.images(BASE) == [BASE + "a.jpg"]
    assert done.problems == (f"{BASE}: 1 image URLs of more than 2048 characters are omitted",)


def test_sitemap_of_many_megabytes_is_read() -> None:
    rows = b"".join(
        b"<url><loc>%sp%d/%s</loc></url>\n" % (BASE.encode(), number, b"x" * 900) for number in range(14_000)
    )
    folder = Folder({"sitemap.xml": b'<urlset xmlns="%s">%s</urlset>' % (SITEMAP.encode(), rows)})
    assert len(folder["sitemap.xml"]) > 12_000_000
    page = f"{BASE}p7/{'x' * 900}"
    folder.join({page: [BASE + "a.jpg"]})
    assert folder.images(page) == [BASE + "a.jpg"]


def test_schema_rejects_elements_deprecated_by_google() -> None:
    folder = Folder({"sitemap.xml": MKDOCS})
    folder.join({BASE: [BASE + "a.jpg"]})
    titled = folder["sitemap.xml"].replace(b"</image:loc>", b"</image:loc><image:title>x</image:title>")
    with pytest.raises(etree.DocumentInvalid, match="title"):
        assert_valid(titled)
    with pytest.raises(etree.DocumentInvalid, match="lastmod"):
        assert_valid(folder["sitemap.xml"].replace(b"2026-11-22", b"22.11.2026"))


@pytest.mark.skipif(shutil.which("xmllint") is None, reason="xmllint is not installed")
def test_xmllint_agrees(tmp_path: Path) -> None:
    joined, own = Folder({"sitemap.xml": MKDOCS}), Folder()
    for number, folder in enumerate((joined, own)):
        folder.join({BASE: [BASE + "ä&b.jpg"]})
        path = tmp_path / f"{number}.xml"
        path.write_bytes(folder["sitemap.xml"])
        command = ["xmllint", "--noout", "--nonet", "--schema", str(SCHEMA), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
