"""All surfaces of one generated image agree: what its files, the page, the lock file and the lists of the site say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imageseo.heroes.lock import lock
from imageseo.images.credentials.signer import has_manifest
from imageseo.images.decoding.probe import probe
from imageseo.model.hero import TRAINED_MEDIA
from imageseo.model.image import Asset, Rights
from tests.images.test_content_credentials import actions, report
from tests.pipeline.test_structured_data import of_type, with_blocks
from tests.support import small_sites
from tests.support.certificates import signing
from tests.web.test_ai_labels import build_page, create_pinned_site

BASE = "https://example.org/"
ALT = "A lighthouse"
RIGHTS = Rights(
    creator="Ada Byron", credit="Example Studio", license=f"{BASE}terms/", acquire_license_page=f"{BASE}buy/"
)
FEED = f'<rss version="2.0"><channel><title>T</title><item><title>T</title><link>{BASE}</link></item></channel></rss>\n'


def read(folder: Path, name: str) -> str:
    return (folder / "site" / name).read_text("utf-8")


def image_files(folder: Path) -> dict[str, Asset]:
    """Return site path -> every image of the built site."""
    found = {}
    for path in sorted((folder / "site").rglob("*")):
        if path.suffix in (".jpg", ".webp", ".avif", ".png"):
            name = path.relative_to(folder / "site").as_posix()
            asset = probe(path, name, max_pixels=10**8)
            assert isinstance(asset, Asset)
            found[name] = asset
    return found


def hero_of(folder: Path) -> tuple[str, str]:
    """Return the address and the alternative text of the hero that the page shows."""
    found = re.search(r'<img src="([^"]*)" alt="([^"]*)"[^>]* data-imageseo="[^"]*hero', read(folder, "index.html"))
    assert found is not None
    return found[1], found[2]


# Each surface yields what it says: property -> value. A new surface (an asset register) is one function.
Said = Iterator[dict[str, object]]


def xmp(folder: Path) -> Said:
    for asset in image_files(folder).values():
        rights = asset.rights
        yield {"type": rights.digital_source_type}
        if asset.path.endswith(".jpg"):
            yield {
                "creator": rights.creator,
                "credit": rights.credit,
                "license": rights.license,
                "buy": rights.acquire_license_page,
            }


def structured_data(folder: Path) -> Said:
    images = of_type(read(folder, "index.html"), "ImageObject")
    files = image_files(folder)
    for image in images:
        path = str(image["contentUrl"]).removeprefix(BASE)
        yield {
            "type": str(image["digitalSourceType"])
            .replace("https://schema.org/Trained", "http://cv.iptc.org/newscodes/digitalsourcetype/trained")
            .removesuffix("DigitalSource"),
            "creator": image["creator"]["name"],
            "credit": image["creditText"],
            "license": image["license"],
            "buy": image["acquireLicensePage"],
            "alt": image["caption"],
            f"size of {path}": (image["width"]["value"], image["height"]["value"]),
            f"format of {path}": image["encodingFormat"],
        }
        yield {f"size of {path}": (files[path].width, files[path].height), f"format of {path}": "image/jpeg"}
        if image.get("representativeOfPage"):
            yield {"hero": path}
    (article,) = of_type(read(folder, "index.html"), "Article")
    yield {"hero": article["image"][0].removeprefix(BASE)}
    yield {"files of the article": {each.removeprefix(BASE) for each in article["image"]}}
    yield {"files of the article": {str(image["contentUrl"]).removeprefix(BASE) for image in images}}


def sitemap(folder: Path) -> Said:
    yield {"hero": re.findall("<image:loc>([^<]*)<", read(folder, "sitemap.xml"))[0].removeprefix(BASE)}


def feed(folder: Path) -> Said:
    parsed = re.search(r'<enclosure url="([^"]*)" length="(\d+)" type="([^"]*)"', read(folder, "feed.xml"))
    assert parsed is not None
    path = parsed[1].removeprefix(BASE)
    yield {"hero": path, f"format of {path}": parsed[3], "bytes": int(parsed[2])}
    yield {"bytes": (folder / "site" / path).stat().st_size}


def social_tags(folder: Path) -> Said:
    tags = dict(re.findall(r'<meta property="(og:image[\w:]*)" content="([^"]*)"', read(folder, "index.html")))
    path = tags["og:image"].removeprefix(BASE)
    yield {"alt": tags["og:image:alt"], f"format of {path}": tags["og:image:type"]}
    yield {f"size of {path}": (int(tags["og:image:width"]), int(tags["og:image:height"]))}
    yield {f"size of {path}": Image.open(folder / "site" / path).size}


def label(folder: Path) -> Said:
    html = read(folder, "index.html")
    yield {
        "label": "AI-generated" in re.sub("<[^>]*>", "", html.partition("<figcaption")[2].partition("</figcaption>")[0])
    }
    path, alt = hero_of(folder)
    yield {"hero": path, "alt": alt, "label": True}


def lock_file(folder: Path) -> Said:
    (pin,) = lock.read(folder / lock.NAME).pins
    yield {"type": pin.digital_source_type, "creator": pin.rights.creator, "credit": pin.rights.credit}
    yield {"license": pin.rights.license, "buy": pin.rights.acquire_license_page}


def content_credentials(folder: Path) -> Said:
    for path, asset in image_files(folder).items():
        data = (folder / "site" / path).read_bytes()
        assert has_manifest(data) == (asset.format == "jpeg"), path
        if has_manifest(data):
            told = report(data, "image/jpeg")
            assert told["validation_state"] in ("Valid", "Trusted"), path
            for action in actions(told):
                yield {"type": action["digitalSourceType"]}


SURFACES: tuple[Callable[[Path], Said], ...] = (
    xmp,
    structured_data,
    sitemap,
    feed,
    social_tags,
    label,
    lock_file,
    content_credentials,
)


def test_all_surfaces_of_a_generated_image_agree(tmp_path: Path, subtests: pytest.Subtests) -> None:
    create_pinned_site(tmp_path, rights=RIGHTS)
    page = tmp_path / "site/index.html"
    block = {"@context": "https://schema.org", "@type": "Article", "headline": "T"}
    page.write_text(with_blocks(page.read_text("utf-8"), block), "utf-8")
    (tmp_path / "site/feed.xml").write_text(FEED, "utf-8")
    made = signing()
    small_sites.write(tmp_path, {"chain.pem": made.chain, "key.pem": made.pem()})
    build_page(
        tmp_path,
        hero={"crops": ["1:1", "4:3", "16:9"]},
        c2pa={"certificate": "chain.pem", "key": "key.pem"},
    )
    told: dict[str, dict[str, Any]] = {}
    for surface in SURFACES:
        with subtests.test(surface.__name__):
            said = [*surface(tmp_path)]
            assert said
            for each in said:
                for name, value in each.items():
                    first = told.setdefault(name, {"by": surface.__name__, "value": value})
                    assert value == first["value"], f"{name}: {first['by']} says otherwise"
    with subtests.test("and what they say is true"):
        assert {name: told[name]["value"] for name in ("type", "creator", "license", "alt", "label")} == {
            "type": TRAINED_MEDIA,
            "creator": RIGHTS.creator,
            "license": RIGHTS.license,
            "alt": ALT,
            "label": True,
        }
