"""The image library: metadata of each image, the selection for a page, and what is refused."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imageseo.heroes.lock import lock as locks
from imageseo.heroes.providers import library
from imageseo.heroes.providers.asset_library import licenses, query_terms
from imageseo.heroes.providers.asset_library.entry import LibraryEntry
from imageseo.heroes.providers.library import PROVIDER, Library
from imageseo.images.metadata.rights import xmp_packet
from imageseo.model.errors import ProviderError, RecipeError, SettingsError
from imageseo.model.hero import TRAINED_MEDIA, Master, Recipe
from imageseo.model.image import Rights
from imageseo.model.protocols import ProviderContext
from tests.support import ai_pictures, pictures, small_sites

FREE = 'license = "CC0-1.0"\n'
SIDECARS = {
    "harbour.jpg": (
        'title = "The harbour at dawn"\ntags = ["Sea", "boats"]\nlicense = "CC BY-SA 4.0"\nauthor = "Ann Lee"\n'
    ),
    "boats/noon.jpg": f'title = "Noon"\ncaption = "Ships in the harbour"\ntags = ["sea"]\n{FREE}',
    "tower.jpg": f'title = "A tower"\nalt = "A tower of brick"\n{FREE}',
    "café.jpg": f'title = "Café in Nîmes"\n{FREE}',
    "tokyo.jpg": f'title = "東京の夜景"\n{FREE}',
}


def create_library(folder: Path, sidecars: Mapping[str, str] = SIDECARS, size: tuple[int, int] = (480, 300)) -> Path:
    """Create a library of distinct photographs, each with a sidecar; return the project."""
    files: dict[str, str | bytes] = {}
    for number, (name, text) in enumerate(sidecars.items()):
        files[f"library/{name}"] = small_sites.photo(*size, seed=number + 1)
        files |= {f"library/{name}.toml": text} if text else {}
    return small_sites.write(folder, files)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return create_library(tmp_path)


def configured(project: Path, shown: Mapping[str, tuple[str, ...]] | None = None, **options: Any) -> Library:
    return PROVIDER.configure(
        ProviderContext(project=project, cache=project / ".cache", options=options)
    ).with_pictures_in_use(shown or {})


def recipe(seed: int = 1, width: int = 320, height: int = 180, **options: Any) -> Recipe:
    return Recipe(provider="library", seed=seed, width=width, height=height, options=PROVIDER.complete({**options}))


def selected_paths(provider: Library, *recipes: Recipe) -> list[str]:
    return [master.env["picture"] for master in provider.produce(recipes)]


def first_master(provider: Library, **options: Any) -> Master:
    return next(iter(provider.produce([recipe(**options)])))


def provider_error(provider: Library, **options: Any) -> str:
    with pytest.raises(ProviderError) as caught:
        first_master(provider, **options)
    return str(caught.value)


# Search


@pytest.mark.parametrize(
    ("query", "picture"),
    [
        ("harbour at dawn", "harbour.jpg"),
        ("Harbours", "harbour.jpg"),  # word forms; the title weighs more than the caption
        ("ships", "boats/noon.jpg"),
        ("brick", "tower.jpg"),
        ("cafe nimes", "café.jpg"),
        ("夜", "tokyo.jpg"),
        ('"harbour" OR NEAR(dawn* -sea): {x}', "harbour.jpg"),  # operators of the query language have no effect
    ],
)
def test_query_selects_image_with_matching_words(project: Path, query: str, picture: str) -> None:
    assert first_master(configured(project), query=query).env["picture"] == picture


def test_selection_records_evidence(project: Path) -> None:
    master = first_master(configured(project), query="harbour at dawn")
    env = dict(master.env)
    source = (project / "library/harbour.jpg").read_bytes()
    assert env.pop("score") > 0
    assert env.pop("fit") == 0.96, "a tenth of the height is cut off"
    assert env == {
        "picture": "harbour.jpg",
        "picture_sha256": master.models["picture:harbour.jpg"],
        "search": "text",
        "ranking": 2,
        "rank": 1,
        "candidates": 2,
        "query": "harbour at dawn",
        "title": "The harbour at dawn",
        "license": "CC BY-SA 4.0",
    }
    assert master.models == {"picture:harbour.jpg": "sha256:" + hashlib.sha256(source).hexdigest()}
    assert master.digital_source_type == ""
    assert master.rights == Rights(creator="Ann Lee", license="https://creativecommons.org/licenses/by-sa/4.0/")


def test_master_has_the_recipes_shape_and_is_reproducible(project: Path) -> None:
    first, again = (first_master(configured(project), query="tower") for _ in range(2))
    assert first == again
    with Image.open(io.BytesIO(first.png)) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (320, 180))


def test_small_image_is_cropped_but_not_enlarged(project: Path) -> None:
    master = first_master(configured(project), query="tower", width=1600, height=900)
    with Image.open(io.BytesIO(master.png)) as image:
        assert image.size == (480, 270)
    assert any("480x270, not 1600x900" in note for note in master.notes)


def test_focal_point_stays_in_the_crop(tmp_path: Path) -> None:
    image = Image.new("RGB", (400, 100), "white")
    image.paste("red", (380, 0, 400, 100))
    image.paste("black", (0, 0, 3, 100))
    text = f'title = "stripe"\nfocal = [1.0, 0.5]\n{FREE}'
    small_sites.write(tmp_path, {"library/a.png": pictures.save(image, "PNG"), "library/a.png.toml": text})
    for toml, colour in ((text, (255, 0, 0)), (text.replace("1.0, 0.5", "0.0, 0.5"), (255, 255, 255))):
        (tmp_path / "library/a.png.toml").write_text(toml)
        with Image.open(
            io.BytesIO(first_master(configured(tmp_path), query="stripe", width=100, height=100).png)
        ) as cut:
            assert cut.size == (100, 100)
            assert cut.getpixel((95, 50)) == colour


def test_images_become_upright_srgb(tmp_path: Path) -> None:
    image = Image.new("RGB", (200, 100), "white")
    image.paste("red", (0, 0, 100, 100))
    exif = Image.Exif()
    exif[0x0112] = 6  # rotated to the right: red comes to the top
    data = pictures.save(image, "JPEG", quality=95, exif=exif)
    cmyk = pictures.save(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG", quality=95)
    alpha = pictures.save(Image.new("RGBA", (64, 64), (0, 0, 0, 0)), "PNG")
    small_sites.write(
        tmp_path,
        {
            "library/library.toml": f"[defaults]\n{FREE}",
            "library/turned.jpg": data,
            "library/cmyk.jpg": cmyk,
            "library/clear.png": alpha,
        },
    )
    provider = configured(tmp_path)
    colours = {}
    for name, size in (("turned.jpg", (100, 200)), ("cmyk.jpg", (64, 64)), ("clear.png", (64, 64))):
        with Image.open(io.BytesIO(first_master(provider, picture=name, width=size[0], height=size[1]).png)) as cut:
            assert cut.size == size
            colours[name] = cut.getpixel((10, 10))
    assert colours["turned.jpg"][0] > 240 > 20 > colours["turned.jpg"][1]  # type: ignore[index]
    assert colours["cmyk.jpg"][0] > 200 > 80 > colours["cmyk.jpg"][1]  # type: ignore[index]
    assert colours["clear.png"] == (255, 255, 255)
    assert first_master(configured(tmp_path), query="turned", orientation="portrait").env["picture"] == "turned.jpg"


def test_tags_orientation_and_width_filter_images(project: Path) -> None:
    small_sites.write(
        project,
        {"library/high.jpg": small_sites.photo(300, 480, seed=9), "library/high.jpg.toml": f'title="harbour"\n{FREE}'},
    )
    provider = configured(project)
    assert selected_paths(provider, recipe(1, query="harbour", tags=["SEA", " boats"])) == ["harbour.jpg"]
    assert selected_paths(provider, recipe(2, tags="sea")) == ["boats/noon.jpg"], "by path; harbour.jpg is in use"
    assert selected_paths(provider, recipe(3, query="harbour", orientation="portrait")) == ["high.jpg"]
    assert "at least 1000 px wide" in provider_error(provider, query="harbour", min_width=1000)
    assert "is 480x300, tags: Sea, boats" in provider_error(provider, query="harbour dawn", tags=["snow"])


def test_page_texts_order_images_with_equal_tags(project: Path) -> None:
    by_path = recipe(1, tags=["sea"])
    at_noon, at_dawn, elsewhere = (
        recipe(1, tags=["sea"], page={"title": title}) for title in ("Noon", "Dawn", "Of bricks")
    )
    found = [selected_paths(configured(project), each)[0] for each in (by_path, at_noon, at_dawn, elsewhere)]
    assert found == ["boats/noon.jpg", "boats/noon.jpg", "harbour.jpg", "boats/noon.jpg"]


def test_stop_words_are_ignored(project: Path) -> None:
    assert query_terms.search_terms("the harbour at dawn") == ("harbour", "dawn")
    assert query_terms.search_terms("To be, or not to be") == ("to", "be", "or", "not")
    assert "no image contains any of the words" in provider_error(configured(project), query="a zebra in the snow")
    assert "has too few of the words" in provider_error(
        configured(project), query="harbour zebra giraffe lion rhino gnu"
    )


# Images in use


def test_two_pages_get_different_images(project: Path) -> None:
    provider = configured(project)
    recipes = [recipe(seed, query="harbour") for seed in (1, 2)]
    assert selected_paths(provider, *recipes) == ["harbour.jpg", "boats/noon.jpg"]
    assert selected_paths(provider, *recipes) == ["harbour.jpg", "boats/noon.jpg"], (
        "equal recipes get the same images again"
    )
    message = provider_error(provider, seed=3, query="harbour")
    assert "harbour.jpg: is shown by another page" in message
    assert "is shown by another page" in message
    assert "`share: true`" in message


def test_image_of_another_page_is_rejected_by_source_and_master_hash(project: Path) -> None:
    first = first_master(configured(project), query="harbour")
    for digest in (first.models["picture:harbour.jpg"], "sha256:" + hashlib.sha256(first.png).hexdigest()):
        provider = configured(project, shown={digest: ("docs/other.md",)})
        second = first_master(provider, query="harbour")
        assert second.env["picture"] == "boats/noon.jpg"
        assert second.env["passed"] == ["harbour.jpg is shown by docs/other.md"]
        assert first_master(provider, query="harbour", seed=2, share=True).env["picture"] == "harbour.jpg"


def test_copy_under_another_name_counts_as_the_same_image(project: Path) -> None:
    for name in ("harbour.jpg", "harbour.jpg.toml"):
        shutil.copy(project / "library" / name, project / "library" / f"a-{name}")
    assert selected_paths(configured(project), recipe(1, query="harbour"), recipe(2, query="harbour")) == [
        "harbour.jpg",
        "boats/noon.jpg",
    ]


def test_image_named_in_a_recipe_is_reserved_for_its_page(project: Path) -> None:
    recipes = [recipe(1, query="harbour"), recipe(2, picture="harbour.jpg"), recipe(3, picture="./harbour.jpg")]
    found = list(configured(project).produce(recipes))
    assert [master.env["picture"] for master in found] == ["boats/noon.jpg", "harbour.jpg", "harbour.jpg"]
    assert found[1].notes == ("harbour.jpg is also shown by another page",)


# Licences and metadata


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("CC-BY-4.0", "CC-BY-4.0"),
        ("cc by sa 3.0", "CC-BY-SA-3.0"),
        ("https://creativecommons.org/licenses/by-nc/2.0/de/", "CC-BY-NC-2.0-DE"),
        ("http://creativecommons.org/publicdomain/zero/1.0/deed.en", "CC0-1.0"),
        ("Public Domain", "PDM-1.0"),
        ("apache-2.0", "Apache-2.0"),
        ("own", "own"),
        ("CC-BY", None),
        ("CC-BY-ND-SA-4.0", None),
        ("all rights reserved", None),
        ("", None),
    ],
)
def test_licence_is_found_by_name_or_url(text: str, name: str | None) -> None:
    found = licenses.find_licence(text)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("license", "allowed", "why"),
    [
        ("CC-BY-4.0", (), ""),
        ("CC-BY-NC-4.0", (), "forbids commercial use"),
        ("CC-BY-NC-4.0", ("CC BY-NC 4.0",), ""),
        ("CC-BY-NC-4.0", ("CC-BY-NC",), ""),
        ("CC-BY-NC-4.0", ("https://creativecommons.org/licenses/by-nc/4.0/",), ""),
        ("CC-BY-NC-4.0", ("CC-BY-ND",), "forbids commercial use"),
        ("CC-BY-ND-4.0", (), "forbids changes"),
        ("CC-BY", (), "has no version"),
        ("Getty 123", (), "is unknown"),
        ("Getty 123", ("getty 123",), ""),
        ("https://example.org/terms/", ("http://example.org/terms",), ""),
        ("", (), "has no licence"),
        ("", ("none",), ""),
        ("own", (), ""),
    ],
)
def test_licence_that_forbids_a_crop_is_refused(license: str, allowed: tuple[str, ...], why: str) -> None:
    entry = LibraryEntry(path="a.jpg", license=license, license_at="a.jpg.toml:2", creator="Ann")
    message = licenses.refusal_reason(entry, allowed)
    assert why in message
    assert bool(message) == bool(why)


def test_refused_licence_is_reported_with_line_and_next_image_is_selected(project: Path) -> None:
    toml = project / "library/harbour.jpg.toml"
    toml.write_text(toml.read_text().replace("BY-SA", "BY-NC"))
    master = first_master(configured(project), query="harbour")
    assert master.env["picture"] == "boats/noon.jpg"
    assert "harbour.jpg.toml:3: harbour.jpg is under CC-BY-NC-4.0" in master.notes[0]
    assert "harbour.jpg.toml:3" in provider_error(configured(project), picture="harbour.jpg")
    assert first_master(configured(project, licenses=["CC-BY-NC-4.0"]), query="harbour").env["picture"] == "harbour.jpg"


def test_attribution_licence_without_creator_is_refused(project: Path) -> None:
    small_sites.write(project, {"library/tower.jpg.toml": 'title = "tower"\nlicense = "CC-BY-4.0"\n'})
    assert "tower.jpg.toml:2: CC-BY-4.0 requires the author's name" in provider_error(
        configured(project), query="tower"
    )


def test_embedded_metadata_fills_gaps_of_the_sidecar(tmp_path: Path) -> None:
    rights_written = Rights(
        creator="Bo",
        credit="Press",
        license="https://creativecommons.org/licenses/by/4.0/",
        acquire_license_page="https://example.org/buy",
        digital_source_type=pictures.DIGITAL,
    )
    more = (
        b"<dc:title><rdf:Alt><rdf:li xml:lang='de'>Hafen</rdf:li><rdf:li xml:lang='x-default'>Harbour</rdf:li>"
        b"</rdf:Alt></dc:title><dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>boats</rdf:li></rdf:Bag></dc:subject>"
    )
    xmp = xmp_packet(rights_written).replace(b"<dc:creator>", more + b"<dc:creator>")
    files: dict[str, str | bytes] = {"library/library.toml": '[defaults]\ncreator = "Team"\ncredit = "Team"\n'}
    for kind in ("JPEG", "PNG", "WEBP"):
        files[f"library/{kind.lower()}.{kind.lower()}"] = pictures.save(pictures.photo(64, 48), kind, xmp=xmp)
    files["library/jpeg.jpeg.toml"] = 'creator = "Sidecar"\n'
    provider = configured(small_sites.write(tmp_path, files))
    for name, creator in (("jpeg.jpeg", "Sidecar"), ("png.png", "Bo"), ("webp.webp", "Bo")):
        master = first_master(provider, query="harbour boats", width=64, height=48, seed=len(name) * 7 + len(creator))
        assert master.env["picture"] == name
        assert master.env["title"] == "Harbour"
        assert master.digital_source_type == pictures.DIGITAL
        expected = (creator, "Press", rights_written.license, rights_written.acquire_license_page)
        rights = master.rights
        assert (rights.creator, rights.credit, rights.license, rights.acquire_license_page) == expected


def test_generated_images_are_marked_and_their_prompts_are_not_published(tmp_path: Path) -> None:
    mark = "<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>{}</rdf:li></rdf:Alt></dc:description>"
    midjourney = f"{ai_pictures.SECRET} --ar 16:9 --v 6.1 Job ID: 7b2a0d1e-4c55-4d8e-9a51-0d1b6f3f2a10"
    comment = b"ASCII\0\0\0" + ai_pictures.A1111.encode()
    xmp = ai_pictures.xmp(mark.format(midjourney))
    generated = {
        **{f"{name}.png": ai_pictures.png(ai_pictures.PNG_TEXTS[name]) for name in ("a1111", "comfyui", "novelai")},
        "comment.jpg": ai_pictures.raster("JPEG", exif=ai_pictures.exif({}, comment)),
        "midjourney.webp": ai_pictures.raster("WEBP", xmp=xmp),
    }
    plain = ai_pictures.raster("JPEG", xmp=ai_pictures.xmp(mark.format("A castle on a hill")))
    files: dict[str, str | bytes] = {f"library/{name}": data for name, data in generated.items()}
    files |= {"library/said.png": generated["a1111.png"], "library/plain.jpg": plain}
    files |= {"library/said.png.toml": 'digital_source_type = "digitalArt"\n'}
    files |= {"library/library.toml": f"[defaults]\n{FREE}"}
    provider = configured(small_sites.write(tmp_path, files))
    recipes = [recipe(picture=name, width=64, height=36) for name in (*generated, "plain.jpg", "said.png")]
    masters = {master.env["picture"]: master for master in provider.produce(recipes)}
    for name in generated:
        assert masters[name].digital_source_type == TRAINED_MEDIA, name
        assert ai_pictures.SECRET not in json.dumps(dict(masters[name].env)), name
        assert ai_pictures.SECRET.encode() not in masters[name].png, name
    assert masters["plain.jpg"].digital_source_type == ""
    assert masters["plain.jpg"].env["caption"] == "A castle on a hill"
    assert masters["said.png"].digital_source_type.endswith("/digitalArt"), "what the author says"


def test_iptc_records_are_read(tmp_path: Path) -> None:
    records = b"".join(
        b"\x1c\x02" + bytes([number]) + len(text).to_bytes(2, "big") + text
        for number, text in ((5, b"Lighthouse"), (25, b"coast"), (25, b"north"), (80, b"Ann"))
    )
    block = b"8BIM\x04\x04\x00\x00" + len(records).to_bytes(4, "big") + records + b"\x00" * (len(records) % 2)
    segment = b"Photoshop 3.0\x00" + block
    data = small_sites.photo(64, 48)
    data = data[:2] + b"\xff\xed" + (len(segment) + 2).to_bytes(2, "big") + segment + data[2:]
    small_sites.write(tmp_path, {"library/a.jpg": data, "library/library.toml": f"[defaults]\n{FREE}"})
    master = first_master(configured(tmp_path), query="lighthouse", tags=["coast", "north"], width=64, height=48)
    assert (master.env["title"], master.rights.creator) == ("Lighthouse", "Ann")


def test_library_file_sets_defaults_and_fields_of_single_images(tmp_path: Path) -> None:
    wide = (
        '[defaults]\nlicense = "own"\ncredit = "Our team"\n\n'
        '[pictures."boats/one.jpg"]\ntitle = "One boat"\nlicense = "CC0-1.0"\n\n'
        '[pictures."two.jpg"]\ntitle = "Two boats"\n'
    )
    create_library(tmp_path, {"boats/one.jpg": "", "two.jpg": 'credit = "Bo"\n'})
    small_sites.write(tmp_path, {"library/library.toml": wide})
    found = list(configured(tmp_path).produce([recipe(1, query="one"), recipe(2, query="two")]))
    assert [(each.rights.credit, each.env["license"]) for each in found] == [("Our team", "CC0-1.0"), ("Bo", "own")]


def test_sidecar_texts_are_recorded_with_the_selection(tmp_path: Path) -> None:
    text = (
        f'title = "Robot"\nalt = "A robot waves"\ndepicts = "illustration"\n{FREE}source = "https://example.org/robot"\n'
        'digital_source_type = "trainedAlgorithmicMedia"\nfocal = [0.25, 0.5]\ncopyright = "Bo 2026"\n'
    )
    master = first_master(configured(create_library(tmp_path, {"robot.jpg": text})), query="robot")
    assert (master.env["alt"], master.env["depicts"]) == ("A robot waves", "illustration")
    # The image is 480x300 and the hero 16:9: it loses a tenth of its height and nothing at the sides.
    assert master.env["focal"] == [0.25, 0.5]
    low = text.replace("[0.25, 0.5]", "[0.25, 1.0]").replace("Robot", "Kobold")
    assert first_master(configured(create_library(tmp_path / "b", {"kobold.jpg": low})), query="kobold").env[
        "focal"
    ] == [0.25, 1.0]
    third = text.replace("[0.25, 0.5]", "[0.25, 0.25]")
    master_of_it = first_master(configured(create_library(tmp_path / "c", {"robot.jpg": third})), query="robot")
    assert master_of_it.env["focal"] == [0.25, 0.2778], "75 px of 300, of a cut from 0 to 270"
    assert master.digital_source_type == pictures.DIGITAL
    assert master.rights.acquire_license_page == "https://example.org/robot"
    assert master.rights.copyright == "Bo 2026"
    json.dumps(master.env, allow_nan=False)


# Faults


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("harbour.jpg.toml", 'titel = "x"\n', "library/harbour.jpg.toml:1: unknown key 'titel'; did you mean 'title'?"),
        ("harbour.jpg.toml", 'title = "x"\ntags = 3\n', "library/harbour.jpg.toml:2: tags: expected a list of strings"),
        ("harbour.jpg.toml", 'title = "x"\nalt = \n', "library/harbour.jpg.toml:2: not valid TOML"),
        ("harbour.jpg.toml", "\n\nfocal = [2, 0]\n", "library/harbour.jpg.toml:3: focal: expected two fractions"),
        ("harbour.jpg.toml", 'depicts = "cats"\n', "expected one of illustration, realistic, unknown, found 'cats'"),
        ("harbour.jpg.toml", 'source = "me"\n', "source: expected an absolute http(s) URL"),
        ("harbour.jpg.toml", 'author = "a"\ncreator = "b"\n', ":2: 'creator' repeats another key"),
        ("harbour.jpg.toml", b"title = '\xff'\n", "library/harbour.jpg.toml: not UTF-8"),
        ("harbour.toml", 'title = "x"\n', "library/harbour.toml: harbour.jpg.toml describes the same image"),
        ("library.toml", '[default]\ntitle = "x"\n', "library/library.toml:1: unknown key 'default'"),
        ("library.toml", '[pictures."x.jpg"]\ntitle = "x"\n', "library.toml: there is no image 'x.jpg'"),
        (
            "library.toml",
            '[pictures."harbour.jpg"]\ntitle = "x"\n[pictures."tower.jpg"]\ntitle = 1\n',
            "library.toml:4: title: expected text, found 1",
        ),
    ],
)
def test_sidecar_fault_has_file_and_line(project: Path, name: str, text: str | bytes, message: str) -> None:
    first_master(configured(project), query="tower")  # with an index that was valid before
    small_sites.write(project, {f"library/{name}": text})
    for _ in range(2):
        assert message in provider_error(configured(project), query="tower")


def test_all_sidecar_faults_are_reported_at_once(project: Path) -> None:
    small_sites.write(project, {"library/tower.jpg.toml": "a = 1\nb = 2\n", "library/harbour.jpg.toml": "c = 3\n"})
    message = provider_error(configured(project), query="x")
    assert "3 faults" in message
    assert all(place in message for place in ("tower.jpg.toml:1", "tower.jpg.toml:2", "harbour.jpg.toml:1"))


def test_missing_or_empty_library_is_reported(tmp_path: Path) -> None:
    assert "the image folder library does not exist" in provider_error(configured(tmp_path), query="x")
    (tmp_path / "library").write_text("")
    assert "is a file, not a folder" in provider_error(configured(tmp_path), query="x")
    (tmp_path / "photos").mkdir()
    assert "none of 0 images in photos matches 'x'" in provider_error(configured(tmp_path, folder="photos"), query="x")
    absolute = create_library(tmp_path / "elsewhere")
    assert selected_paths(configured(tmp_path, folder=str(absolute / "library")), recipe(query="tower")) == [
        "tower.jpg"
    ]


def test_damaged_image_is_skipped_and_reported(project: Path) -> None:
    folder = project / "library"
    (folder / "harbour.jpg").write_bytes((folder / "harbour.jpg").read_bytes()[:4000])  # its header is valid
    (folder / "tower.jpg").write_bytes(b"no picture")
    provider = configured(project)
    master = first_master(provider, query="harbour")
    assert master.env["picture"] == "boats/noon.jpg"
    assert "harbour.jpg cannot be read: image file is truncated" in master.notes[0]
    assert "harbour.jpg cannot be read" in provider_error(provider, picture="harbour.jpg")
    assert "tower.jpg cannot be read: not an image of a known format" in provider_error(provider, query="tower")


def test_gigapixel_and_animated_images_are_refused(tmp_path: Path) -> None:
    files = {"bomb.png": pictures.bomb(), "moving.gif": pictures.animated("GIF")}
    small_sites.write(tmp_path, {f"library/{name}": data for name, data in files.items()})
    small_sites.write(tmp_path, {"library/library.toml": f"[defaults]\n{FREE}"})
    assert "bomb.png cannot be read: Image size (2500000000 pixels)" in provider_error(
        configured(tmp_path), picture="bomb.png"
    )
    assert "moving.gif is animated" in provider_error(configured(tmp_path), picture="moving.gif")
    assert "did you mean 'bomb.png'?" in provider_error(configured(tmp_path), picture="bom.png")


def test_produce_after_an_error_continues_with_distinct_images(project: Path) -> None:
    provider = configured(project)
    recipes = [recipe(1, query="harbour"), recipe(2, query="zebra"), recipe(3, query="harbour")]
    masters = provider.produce(recipes)
    assert next(masters).env["picture"] == "harbour.jpg"
    with pytest.raises(ProviderError):
        next(masters)
    assert selected_paths(provider, *recipes[2:]) == ["boats/noon.jpg"]


# The index


def index_path(project: Path) -> Path:
    (found,) = (project / ".cache/library").glob("*.sqlite")
    return found


def search_evidence(provider: Library) -> list[Any]:
    queries = ("harbour", "tower", "café", "dawn sea")
    return [first_master(provider, query=query, share=True).env for query in queries]


def test_updated_index_gives_the_results_of_a_new_one(project: Path, tmp_path: Path) -> None:
    folder = project / "library"
    before = search_evidence(configured(project))
    small_sites.write(
        project,
        {
            "library/dawn.jpg": small_sites.photo(seed=40),
            "library/dawn.jpg.toml": f'title = "Dawn over the sea, dawn"\n{FREE}',
            "library/tower.jpg.toml": f'title = "A tower, a church tower"\n{FREE}',
        },
    )
    (folder / "boats/noon.jpg").unlink()
    updated = search_evidence(configured(project))
    assert updated != before
    assert updated[3]["picture"] == "dawn.jpg"
    shutil.rmtree(project / ".cache")
    assert search_evidence(configured(project)) == updated


def test_unchanged_images_are_not_read_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from imageseo.heroes.providers.asset_library import file_metadata

    reads: list[str] = []
    read_header = file_metadata.read_header

    def counting_read(path: Path) -> file_metadata.HeaderMetadata:
        reads.append(path.name)
        return read_header(path)

    monkeypatch.setattr(file_metadata, "read_header", counting_read)
    first_master(configured(project), query="tower")
    assert len(reads) == len(SIDECARS)
    reads.clear()
    first_master(configured(project), query="tower")
    assert reads == []
    (project / "library/tower.jpg.toml").write_text(f'title = "The tower"\n{FREE}')
    first_master(configured(project), query="tower")
    assert reads == ["tower.jpg"]


@pytest.mark.parametrize("damage", ["noise", "cut", "version", "folder"])
def test_damaged_index_is_rebuilt(project: Path, damage: str) -> None:
    expected = search_evidence(configured(project))
    path = index_path(project)
    if damage == "noise":
        path.write_bytes(os.urandom(5000))
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif damage == "version":
        with sqlite3.connect(path) as base:
            base.execute("PRAGMA user_version = 99")
            base.execute("DROP TABLE words")
        base.close()
    else:
        path.unlink()
        path.mkdir()
    assert search_evidence(configured(project)) == expected
    if damage != "folder":
        assert sqlite3.connect(path).execute("PRAGMA user_version").fetchone() != (99,)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes everywhere")
def test_read_only_cache_is_not_needed(project: Path) -> None:
    expected = search_evidence(configured(project))
    shutil.rmtree(project / ".cache")
    project.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert search_evidence(configured(project)) == expected
    finally:
        project.chmod(0o755)
    assert not (project / ".cache").exists()


def test_cache_that_is_a_file_is_not_needed(project: Path) -> None:
    expected = search_evidence(configured(project))
    shutil.rmtree(project / ".cache")
    (project / ".cache").write_text("in the way")
    assert search_evidence(configured(project)) == expected


# Search by embeddings


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT of random weights with a vocabulary of letters, saved as sentence-transformers does."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("model")
    characters = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz.,"]
    vocabulary = [*characters, *(f"##{sign}" for sign in "abcdefghijklmnopqrstuvwxyz")]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    transformers.BertTokenizer(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(3)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    transformers.BertModel(config).save_pretrained(folder, safe_serialization=True)
    return folder


def test_embeddings_find_similar_texts(project: Path, sentences: Path) -> None:
    """Vectors are the mean of a model's states, equal texts score highest, and the index stores them."""
    import numpy as np
    import torch
    import transformers

    from imageseo.heroes.providers.asset_library.embeddings import SentenceModel

    model, tokens = (
        kind.from_pretrained(str(sentences)) for kind in (transformers.AutoModel, transformers.AutoTokenizer)
    )
    with torch.inference_mode():
        state = model(**tokens("a tower", return_tensors="pt")).last_hidden_state[0].mean(0).numpy()
    embedding = SentenceModel(sentences, "model").embed("a tower")
    assert np.allclose(embedding, state / np.linalg.norm(state), atol=1e-5)

    options: dict[str, Any] = {"search": "embeddings", "model": str(sentences)}
    provider = configured(project, **options)
    master = first_master(provider, query="A tower. A tower of brick", seed=1)
    assert master.env["picture"] == "tower.jpg"
    assert (master.env["score"], master.env["search"], master.env["candidates"]) == (1.0, "embeddings", 5)
    assert master.env["embeddings"].startswith("sha256:")
    assert first_master(configured(project, **options), query="A tower. A tower of brick") == master
    with sqlite3.connect(index_path(project)) as base:
        assert base.execute("SELECT count(*) FROM vectors").fetchone() == (5,)
    base.close()
    assert first_master(provider, query="Noon", seed=2, tags=["boats"]).env["picture"] == "harbour.jpg", "filters apply"
    (project / "library/tower.jpg.toml").write_text(f'title = "A church"\n{FREE}')
    assert first_master(configured(project, **options), query="A tower. A tower of brick").env["score"] < 1.0


def test_embedding_model_must_be_local_and_not_pickled(project: Path, sentences: Path, tmp_path: Path) -> None:
    import torch

    options: dict[str, Any] = {"search": "embeddings", "model": "model"}
    assert "model is not a model folder: it has no config.json" in provider_error(
        configured(project, **options), query="tower"
    )
    pickled = tmp_path / "model"
    shutil.copytree(sentences, pickled)
    (pickled / "model.safetensors").unlink()
    torch.save({}, pickled / "pytorch_model.bin")
    message = provider_error(configured(project, **options), query="tower")
    assert "the model in model cannot be loaded" in message
    assert "pickles are never loaded" in message


# On a site


@pytest.mark.slow
def test_page_gets_its_image_with_rights(tmp_path: Path) -> None:
    """From front matter through `generate` and a frozen build to the page's JSON-LD, its file and the sitemap."""
    small_sites.installed()
    create_library(tmp_path, size=(640, 360))
    hero = "---\nhero:\n  provider: library\n  query: {}\n  alt: Boats\n---\n# {}\n"
    small_sites.mkdocs_site(
        tmp_path,
        config="",
        files={
            "docs/index.md": hero.format("harbour at dawn", "Home"),
            "docs/guide/README.md": hero.format("harbour", "Guide"),
        },
    )
    first_build = small_sites.run("mkdocs", "build", "--strict", cwd=tmp_path)
    assert "hero-unpinned" in first_build.stdout + first_build.stderr
    assert "library never runs in a build" in first_build.stdout + first_build.stderr

    dry_run = small_sites.run("imageseo", "generate", "--dry-run", cwd=tmp_path)
    assert not (tmp_path / locks.NAME).exists()
    generated = small_sites.run("imageseo", "generate", cwd=tmp_path)
    assert generated.returncode == 0, generated.stderr
    pins = {pin.page: pin for pin in locks.read(tmp_path / locks.NAME).pins}
    sources = {page: pin.env["picture"] for page, pin in pins.items()}
    assert sorted(sources.values()) == ["boats/noon.jpg", "harbour.jpg"], "each page has its own image"
    for page, picture in sources.items():
        block = next(block for block in dry_run.stdout.split("\n\n") if block.startswith(page))
        assert f"  would use {picture}\n" in block + "\n", "a dry run selects what `generate` selects"
        assert "seed" not in block
    home = next(pin for page, pin in pins.items() if page.endswith("index.md"))
    again = small_sites.run("imageseo", "generate", cwd=tmp_path)
    assert "2 kept" in again.stdout

    shutil.rmtree(tmp_path / ".cache")
    shutil.rmtree(tmp_path / "library")  # pinned images do not need it
    built = small_sites.run("mkdocs", "build", "--strict", cwd=tmp_path, env={"IMAGESEO_FROZEN": "1"})
    assert built.returncode == 0, built.stderr
    page = (tmp_path / "site/index.html").read_text()
    other = (tmp_path / "site/guide/index.html").read_text()
    licences_by_page = {"harbour.jpg": "by-sa/4.0", "boats/noon.jpg": "zero/1.0"}
    assert licences_by_page[home.env["picture"]] in page
    assert all(name in page + other for name in ("Ann Lee", *licences_by_page.values()))
    assert "algorithmicMedia" not in page, "selected, not generated"


@pytest.mark.slow
def test_dry_run_refuses_what_generate_refuses(tmp_path: Path) -> None:
    small_sites.installed()
    create_library(tmp_path, {"harbour.jpg": 'title = "The harbour"\n'}, size=(640, 360))
    page = "---\nhero: {provider: library, query: harbour, alt: Boats}\n---\n# Home\n"
    small_sites.mkdocs_site(tmp_path, config="", files={"docs/index.md": page})
    dry_run = small_sites.run("imageseo", "generate", "--dry-run", cwd=tmp_path)
    generated = small_sites.run("imageseo", "generate", cwd=tmp_path)
    assert (dry_run.returncode, generated.returncode) == (1, 1)
    assert "would fail (library: none of 1 images in library matches 'harbour'" in dry_run.stdout
    assert "licence" in dry_run.stdout
    assert "1 refuse" in dry_run.stdout


def test_library_benchmark_reports_timings(capsys: pytest.CaptureFixture[str]) -> None:
    from tests.bench import __main__ as bench

    bench.main(["library", "--pictures", "60", "--searches", "5", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert (report["pictures"], report["searches"]) == (60, 5)
    recall = report["recall"]
    for language, floor in (("de", 0.9), ("en", 0.95)):
        before, after = (recall[f"held_back_{name}_{language}"] for name in ("before", "after"))
        assert after["recall_at_5"] >= floor
        assert after["first"] > before["first"]
    assert all(report[f"{name}_ms"] > 0 for name in ("two_words", "page", "common", "pick"))


def test_locked_build_benchmark_loads_no_model(capsys: pytest.CaptureFixture[str]) -> None:
    from tests.bench import __main__ as bench

    bench.main(["locked", "--heroes", "5", "--bytes", "1000", "--rounds", "1", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert (report["heroes"], report["loaded"]) == (5, [])
    assert report["locked_ms"] > 0


# Recipes and settings


def test_recipe_is_completed_and_all_faults_are_reported_at_once() -> None:
    assert dict(PROVIDER.complete({"prompt": " a  harbour ", "tags": "b, a"})) == {
        "prompt": "a harbour",
        "tags": ["a", "b"],
        "orientation": "any",
        "min_width": 0,
        "share": False,
    }
    assert dict(PROVIDER.complete({"query": "sea", "prompt": "for others"})) == {
        "query": "sea",
        "orientation": "any",
        "min_width": 0,
        "share": False,
    }
    assert dict(PROVIDER.complete({"picture": "a/b.jpg", "min_width": 3})) == {"picture": "a/b.jpg"}
    wrong = {
        "query": [],
        "tags": 3,
        "picture": "../x.jpg",
        "orientation": "wide",
        "min_width": -1,
        "share": 1,
        "qery": 1,
    }
    with pytest.raises(RecipeError) as caught:
        PROVIDER.complete(wrong)
    assert len(caught.value.faults) == len(wrong)
    assert all(f"`{key}`" in str(caught.value) for key in wrong if key != "qery")
    assert "did you mean 'query'?" in str(caught.value)


def test_page_texts_are_the_query_of_a_recipe_without_one() -> None:
    page = {"title": "At sea", "tags": ["boats", "harbour"], "summary": "How we sail."}
    assert PROVIDER.complete({"page": page})["query"] == "At sea boats harbour How we sail."
    for own in ({"query": "tower"}, {"prompt": "tower"}, {"picture": "tower.jpg"}, {"query": "a", "tags": ["b"]}):
        assert PROVIDER.complete({**own, "page": page}) == PROVIDER.complete(own)
    tagged = PROVIDER.complete({"tags": ["sea"], "page": page})
    assert (tagged["near"], "query" in tagged) == ("At sea boats harbour How we sail.", False)
    with pytest.raises(RecipeError, match="there is no `query`, and the page has no title"):
        PROVIDER.complete({})


def test_all_settings_faults_are_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        configured(tmp_path, foldr="x", search="txt", licenses="CC0", folder="s3://me:secret@bucket")
    message = str(caught.value)
    assert "secret" not in message
    for part in (
        "providers.library.foldr: unknown key; did you mean 'folder'?",
        "providers.library.search: expected text or embeddings, found 'txt'",
        "providers.library.licenses: expected a list",
        "providers.library.folder: found 's3://***', expected a URL without user, password",
    ):
        assert part in message
    with pytest.raises(SettingsError, match=r"providers\.library\.model"):
        configured(tmp_path, search="embeddings")
    with pytest.raises(SettingsError, match=r"providers\.library\.model: expected a local folder"):
        configured(tmp_path, model="s3://bucket")
    assert not PROVIDER.reproducible
    assert library.PROVIDER.name == "library"
