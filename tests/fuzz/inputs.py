"""Files beside the pages, to be mutated: settings, lock, recipes, front matter, sitemaps, feeds, headers, JSON-LD."""

from __future__ import annotations

import random
from collections.abc import Mapping

from tests.fuzz.mutations import mutated

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>One</title>
<link rel="canonical" href="https://example.org/one/"><link rel="stylesheet" href="../a.css">
<link rel="alternate" type="application/rss+xml" href="/feed.xml"><link rel="manifest" href="/app.webmanifest">
<meta property="og:image" content="https://example.org/a.jpg"><meta property="og:image:width" content="72">
<meta name="robots" content="max-image-preview:large"><meta name="imageseo:hero" content='{"seed": 1, "alt": "x"}'>
<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"BlogPosting",
"image":{"@type":"ImageObject","url":"https://example.org/a.jpg","width":72}}]}</script></head>
<body><main><h1>One</h1><p data-imageseo-disable="alt-missing: known"><img src="../a.jpg"></p>
<picture><source srcset="../a.jpg 1x, ../b.png 2x" type="image/jpeg" media="(min-width: 40em)"><img src="../b.png" alt="b"
sizes="(min-width: 30em) calc(50vw - 2em), 100vw" srcset="../b.png 72w"></picture></main></body></html>
"""
FILES: Mapping[str, str] = {
    "imageseo.toml": """site_url = "https://example.org/"
formats = ["webp"]
widths = [48, 64]
include = [".x > img"]
exclude = ["img.y", "p:not(.z) img"]
content_dir = "content"
budgets.lcp-bytes.mobile = { warn = "80 KiB", error = "120 KiB" }
[target]
webp = 60
[hero]
insert = "after-h1"
width = 320
height = 180
[brand]
colors = ["#112233", "#2563eb"]
[lint.rules]
lcp-lazy = "off"
""",
    "heroes.toml": '["two/*"]\nstyle = "topo"\nseed = 3\nalt = "Lines"\n',
    "prompts.toml": """version = 3
[templates.hero]
prompt = "{{ subject }}, {{ style | default('') }}"
negative = "blurry"
[presets.brand]
style = "flat (muted:1.2)"
""",
    "imageseo.layout.json": """{
  "version": 1,
  "widths": [320, 1350],
  "templates": {
    "t": {"pages": 1, "column": [288, 700]}
  },
  "pages": {
    "one/index.html": {
      "template": "t",
      "lcp": {
        "mobile": {"kind": "text", "width": 3, "height": 7.5}
      },
      "cls": {"mobile": 0},
      "images": [
        {"src": "a.jpg", "widths": [288, 700]}
      ]
    }
  }
}
""",
    "content/one.md": "---\ntitle: One\ndate: 2026-01-01\nhero:\n  style: ridges\n  seed: 4711\n  alt: Blue\n"
    "tags: [a, b]\nimage: a.jpg\n---\n\n# One\n\n![x](a.jpg)\n",
    "site/one/index.html": _PAGE,
    "site/a.css": "img{max-width:100%;height:auto}@media (min-width:40em){.x>img,p:has(img){width:calc(50% - 1rem)}}"
    "@import url('b.css') layer(a) supports(display:grid);@container (width>3em){picture{display:flex}}",
    "site/robots.txt": "User-agent: *\nDisallow: /private/\nAllow: /\nSitemap: https://example.org/sitemap.xml\n",
    "site/sitemap.xml": '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/'
    '0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><url><loc>https://example.org/one/</loc>'
    "<lastmod>2026-01-01</lastmod><image:image><image:loc>https://example.org/a.jpg</image:loc></image:image></url>"
    "</urlset>\n",
    "site/feed.xml": '<?xml version="1.0"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel>'
    "<title>F</title><item><title>One</title><link>https://example.org/one/</link><enclosure "
    'url="https://example.org/a.jpg" length="12" type="image/jpeg"/><description>&lt;img src="a.jpg"&gt;</description>'
    "</item></channel></rss>\n",
    "site/_headers": "/*\n  Content-Security-Policy: img-src 'self'; style-src 'unsafe-inline'\n  X-Robots-Tag: noindex\n",
    "site/app.webmanifest": '{"icons": [{"src": "/b.png", "sizes": "72x48", "type": "image/png"}]}',
    "site/sw.js": 'self.__WB_MANIFEST=[{"url":"one/index.html","revision":"d41d8cd98f00b204e9800998ecf8427e"}];\n',
}
_PIECES = tuple(
    piece.encode()
    for piece in (
        *("[[", "]]", '"""', "'''", "nan", "inf", "-1", "1e999", "9" * 30, "null", "true", "[]", "{}", "{" * 300),
        *("[" * 300, "<!DOCTYPE a [<!ENTITY b 'c'>]>", "&b;", "<![CDATA[", "\x00", "\ufeff", "\u2028", "../../", "%00"),
        *("---\n", "!!python/object:os.system x\n", "&a [*a]", "<<: *a\n", "\t", "\r", ": ", "- ", "\\ud800", "\\x"),
        *("http://[::1", "https://example.org:99999/", "file:///etc/passwd", "data:,", "2026-99-99", "\U0001f600"),
    )
)
COMMANDS = (
    ("lint", "site", "--format", "json"),
    ("build", "site", "--format", "json"),
    ("generate", "--site", "site", "--dry-run"),
    ("doctor",),
    ("undo", "site"),
)


def inputs(rnd: random.Random, made: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return all files of a project, one or two of them mutated. ``made``: those that a command has written."""
    files = {**{name: text.encode() for name, text in FILES.items()}, **made}
    for name in rnd.sample(sorted(files), rnd.choice((1, 1, 2))):
        for _ in range(rnd.choice((1, 1, 1, 2, 4))):
            files[name] = mutated(rnd, files[name], pieces=_PIECES)
    return files
