"""Images that are items of flex and grid containers keep their size in a real browser."""

from __future__ import annotations

import io
from pathlib import Path

from imageseo import config
from imageseo.integrations import directory
from imageseo.integrations.progress import Quiet
from imageseo.pipeline import build as pipeline
from imageseo.pipeline import composition
from tests.support import pictures, small_sites
from tests.support.browser import boxes, chromium, needs_chromium, open_page, served

# Style of the container, style of its images.
CASES = [
    ("display:flex", ""),
    ("display:flex", "max-width:100%;height:auto"),
    ("display:flex", "width:100%"),
    ("display:flex;align-items:center", "max-width:100%"),
    ("display:flex;flex-wrap:wrap;justify-content:center", ""),
    ("display:flex", "flex:1"),
    ("display:flex", "flex:1;min-width:0"),
    ("display:flex", "flex:0 0 200px"),
    ("display:flex;height:200px", ""),
    ("display:flex;height:200px", "max-width:100%;height:auto"),
    ("display:inline-flex", "max-width:100%"),
    ("display:flex;flex-direction:column", ""),
    ("display:flex;flex-flow:column", "max-width:100%;height:auto"),
    ("display:flex;flex-direction:column;align-items:center", ""),
    ("display:flex;flex-direction:column;align-items:center;height:300px", "flex:1"),
    ("display:grid", ""),
    ("display:grid;place-items:stretch", ""),
    ("display:grid;grid-template-columns:1fr 1fr", "justify-self:stretch"),
    ("display:grid;grid-template-columns:1fr 1fr;place-items:center", "max-width:100%"),
    ("display:grid;grid-auto-rows:120px;align-items:stretch", ""),
]


@needs_chromium
def test_items_of_containers_keep_their_size(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    rules = "".join(f".c{n}{{{box}}}.c{n} img{{{own}}}" for n, (box, own) in enumerate(CASES))
    images = '<img src="a.jpg" alt="A hill at dawn"><img src="b.jpg" alt="A tree in the fog">'
    body = "".join(f'<p>{n}</p><div class="c{n}">{images}</div>' for n in range(len(CASES)))
    html = (
        f'<!doctype html><html lang="en"><head><title>Items</title><style>{rules}</style></head><body>'
        f'<main style="width:600px"><h1>Items</h1><p>{images}</p>{body}</main></body></html>'
    )
    small_sites.write(folder, {"index.html": html, "a.jpg": _jpeg(700, 460), "b.jpg": _jpeg(300, 400)})
    settings = config.load(
        {"site_url": "https://example.org/", "profile": "fast", "encode": {"isolate": False}}, "test"
    )
    with chromium() as browser, served(folder) as url:
        before = boxes(open_page(browser, url, width=1000, height=700))
        site = directory.site(folder, project=tmp_path, settings=settings)
        with composition.build_tools(settings, project=tmp_path, progress=Quiet()) as tools:
            pipeline.build(site, settings, tools)
        after = boxes(open_page(browser, url, width=1000, height=700))
    text = (folder / "index.html").read_text("utf-8")
    assert [each for each, old in zip(after, before, strict=True) if not each.near(old, 0.6)] == []
    count = 2 * len(CASES) + 2
    assert text.count("<picture") == text.count(' width="') == count
    assert text.count('<img src="b.jpg" alt="A tree in the fog" width="300" height="400" loading="lazy"') > 10
    assert 5 < text.count("contain-intrinsic-size") < count  # neither of the two edits is left out everywhere
    assert 5 < text.count(" natural") < count / 2


def _jpeg(width: int, height: int) -> bytes:
    out = io.BytesIO()
    pictures.photo(width, height).save(out, "JPEG")
    return out.getvalue()
