"""Command `export`: the register of a built site as JSON and CSV."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from imageseo.cli.main import cli
from imageseo.heroes.lock.lock import Lock
from imageseo.model.hero import Pin, Recipe
from imageseo.model.image import BadAsset, Rights
from imageseo.model.site import Page, PageHints, Site
from imageseo.model.site_report import (
    ByteChange,
    PictureDownload,
    PictureUse,
    ReportedCache,
    ReportedHero,
    ReportedPicture,
    ReportTotals,
    SiteReport,
)
from imageseo.pipeline.reporting.asset_register import as_csv, as_json, asset_register
from imageseo.storage.remote import Remote
from tests.pipeline.test_build import build, make_project, page
from tests.support import small_sites
from tests.support.s3_servers import BUCKET, Server, moto_server, quick_clients, rclone_server, s3

__all__ = ["moto_server", "quick_clients", "rclone_server", "s3"]  # fixtures


def run(folder: Path, *options: str) -> str:
    result = CliRunner().invoke(cli, ["export", str(folder / "site"), *options])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_register_has_each_image_with_its_files_and_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = '<p><img src="{}img/a%20b.jpg" alt="=SUM(A1)"></p>'
    make_project(
        tmp_path,
        {
            "index.html": page(image.format("")),
            "b/index.html": page(image.format("../"), "b/"),
            "img/a b.jpg": small_sites.photo(900, 500),
        },
    )
    (tmp_path / "imageseo.toml").write_text('site_url = "https://example.org/"\nprofile = "fast"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    build(tmp_path, {"formats": ["webp"], "widths": [400, 800]})
    text = run(tmp_path)
    found = {each["file"]: each for each in json.loads(text)["assets"]}
    assert list(found) == ["img/a b.jpg", "img/logo.png"]
    photo = found["img/a b.jpg"]
    data = (tmp_path / "site/img/a b.jpg").read_bytes()
    assert (photo["sha256"], photo["bytes"], photo["width"]) == (hashlib.sha256(data).hexdigest(), len(data), 900)
    assert photo["url"] == "https://example.org/img/a%20b.jpg"
    assert photo["pages"] == ["b/index.html", "index.html"]
    assert photo["page_urls"] == ["https://example.org/b/", "https://example.org/"]
    assert [each["width"] for each in photo["variants"]] == [400, 800]
    for each in photo["variants"]:
        written = (tmp_path / "site" / each["file"]).read_bytes()
        assert (each["sha256"], each["bytes"]) == (hashlib.sha256(written).hexdigest(), len(written))
    assert run(tmp_path) == text

    run(tmp_path, "--output", "out.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text("utf-8"))))
    assert [row["id"] for row in rows] == [each["id"] for each in found.values()]
    assert rows[0]["alt"] == "'=SUM(A1)"
    assert rows[0]["pages"] == "b/index.html\nindex.html"


def test_a_pinned_hero_tells_how_it_was_made_and_its_prompt_only_if_asked() -> None:
    recipe = Recipe(provider="diffusers", seed=7, width=8, height=4, options={"prompt": "a red kite", "model": "m"})
    approved = (
        {"role": "design", "by": "Ada", "at": "2026-11-30", "image": "sha256:f"},
        {"by": "Bob", "image": "sha256:x"},
    )
    pin = Pin(
        page="a.md",
        recipe=recipe,
        recipe_hash="sha256:r",
        file="heroes/a.png",
        file_sha256="sha256:f",
        pixels_sha256="sha256:p",
        digital_source_type="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
        width=8,
        height=4,
        rights=Rights(creator="+A", license="https://example.org/l"),
        owner="@ada",
        made={"status": "picked"},
        approved=approved,
    )
    shown = PictureDownload(before=9, after=9, file="h.jpg", format="jpeg")
    picture = ReportedPicture(
        source="h.jpg",
        sha256="0",
        format="jpeg",
        width=8,
        height=4,
        bytes=9,
        thumbnail="h.jpg",
        phone=ByteChange(),
        desktop=ByteChange(),
        uses=[PictureUse(pages=["a.html"], form="img", reason="", hero=True, alt="-1", phone=shown, desktop=shown)],
    )
    hero = ReportedHero(page="a.html", picture="h.jpg", alt=None, origin="inserted", pinned=True, seed=7, model="m")
    report = SiteReport(
        site="",
        url=None,
        screens={},
        totals=ReportTotals(pages=1, pictures=1, phone=ByteChange(), desktop=ByteChange()),
        pictures=[picture],
        heroes=[hero],
        cache=ReportedCache(variants=0, bytes=0),
    )
    page = Page(path="a.html", hints=PageHints(source=Path("a.md")))
    site = Site(root=Path("nowhere"), pages=(page,), project=Path(), base_url=None)
    lock = Lock((replace(pin, page=page.key),))
    bad = BadAsset(path="h.jpg", rule="img-missing", problem="", hint="")
    for prompts in (False, True):
        register = asset_register(site, report, lock, lambda _: bad, prompts=prompts)
        [found] = register.assets
        assert (found.kind, found.seed, found.model, found.master) == ("hero", 7, "m", "heroes/a.png")
        assert (found.approvals, found.owner, found.status) == (["design Ada 2026-11-30"], "@ada", "picked")
        assert found.prompt_sha256 == hashlib.sha256(b"a red kite").hexdigest()
        assert ("a red kite" in as_json(register)) is prompts
        assert ("a red kite" in as_csv(register)) is prompts
        [row] = csv.DictReader(io.StringIO(as_csv(register)))
        assert (row["creator"], row["owner"], row["alt"], row["width"]) == ("'+A", "'@ada", "'-1", "8")
        assert (found.url, found.page_urls) == (None, [])


def site(folder: Path, monkeypatch: pytest.MonkeyPatch, seed: int = 1) -> None:
    image = '<p><img src="img/a%20b.jpg" alt="A"></p>'
    make_project(folder, {"index.html": page(image), "img/a b.jpg": small_sites.photo(900, 500, seed)})
    monkeypatch.chdir(folder)
    build(folder, {"formats": ["webp"], "widths": [400]})


def test_only_what_changed_is_uploaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site(tmp_path, monkeypatch)
    share = tmp_path / "share"
    assert "5 files uploaded, 0 unchanged" in export_to(tmp_path, str(share))
    there = small_sites.tree(share)
    for path in ("img/a b.jpg", "img/logo.png"):
        assert there[f"files/{path}"] == (tmp_path / "site" / path).read_bytes()
    assert json.loads(there["assets.json"])["version"] == 1
    assert "0 files uploaded, 5 unchanged" in export_to(tmp_path, str(share))
    assert small_sites.tree(share) == there
    (share / "imageseo-uploads.json").write_text("{", "utf-8")
    assert "5 files uploaded" in export_to(tmp_path, share.as_uri()), "a damaged list is written again"
    assert small_sites.tree(share) == there


def test_places_that_cannot_be_used_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site(tmp_path, monkeypatch)
    (tmp_path / "file").write_text("x", "utf-8")
    targets = {
        "s3://key:secret@bucket/x": "expected a URL without user",
        str(tmp_path / "no/such/share"): "there is no such folder",
        str(tmp_path / "file"): "--to",
        "s3://": "expected a URL such as s3://bucket/prefix",
    }
    for target, words in targets.items():
        result = CliRunner().invoke(cli, ["export", str(tmp_path / "site"), "--to", target, "--output", "a.json"])
        assert result.exit_code != 0, target
        shown = f"{result.output} {result.stderr} {result.exception}"
        assert words in shown, target
        assert "secret" not in shown
        assert not (tmp_path / "a.json").exists(), "nothing is half done"


@pytest.mark.network
@pytest.mark.slow
def test_a_bucket_gets_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, s3: Server) -> None:
    site(tmp_path, monkeypatch)
    share = tmp_path / "share"
    export_to(tmp_path, str(share))
    assert "5 files uploaded, 0 unchanged" in export_to(tmp_path, f"s3://{BUCKET}/dam")
    assert "0 files uploaded, 5 unchanged" in export_to(tmp_path, f"s3://{BUCKET}/dam")
    remote = Remote(f"s3://{BUCKET}/dam")
    for path, data in small_sites.tree(share).items():
        assert remote.get(path) == data, path


def export_to(folder: Path, target: str) -> str:
    result = CliRunner().invoke(cli, ["export", str(folder / "site"), "--to", target])
    assert result.exit_code == 0, f"{result.output} {result.exception}"
    return f"{result.output} {result.stderr}"
