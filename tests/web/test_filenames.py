"""File names keep the author's naming and never collide."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseo.model.site import Page
from imageseo.web.filenames import hero_name, variant_name, words_slug

DIGEST = "3fa9c1d2" + "0" * 56


@pytest.mark.parametrize(
    ("source_path", "name"),
    [
        ("images/launch.jpg", "launch-640w.3fa9c1d2.avif"),
        ("launch.tar.png", "launch.tar-640w.3fa9c1d2.avif"),
        ("a b/été & co.PNG", "été & co-640w.3fa9c1d2.avif"),
        ("noext", "noext-640w.3fa9c1d2.avif"),
        (".png", ".png-640w.3fa9c1d2.avif"),
    ],
)
def test_variant_name_keeps_stem_of_source_file(source_path: str, name: str) -> None:
    assert variant_name(source_path, 640, DIGEST, "avif") == name
    assert variant_name(source_path, 640, "sha256:" + DIGEST, "avif") == name


@given(stem=st.text(st.characters(exclude_characters="/\x00", codec="utf-8"), max_size=300))
def test_variant_name_fits_file_system_limit(stem: str) -> None:
    name = variant_name(f"folder/{stem}.png", 1920, DIGEST, "avif")
    assert len(name.encode()) <= 200
    assert name.endswith("-1920w.3fa9c1d2.avif")
    assert "/" not in name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("index.html", "index"),
        ("guide/start/index.html", "guide--start"),
        ("guide-start/index.html", "guide-start"),
        ("blog/first-post.html", "blog--first-post"),
        ("404.html", "404"),
    ],
)
def test_hero_name_follows_page_path(path: str, name: str) -> None:
    assert hero_name(Page(path=path)) == name


def test_hero_names_of_different_pages_differ() -> None:
    paths = [
        "a/b/index.html", "a-b/index.html", "a--b/index.html", "A/b/index.html", "a/B/index.html", "a b/index.html",
        "a_b/index.html", "a.b/index.html", "é/index.html", "è/index.html", "日本/index.html", "!/index.html",
        "a/-b/index.html", "index.html", "x/index/index.html", f"{'long/' * 40}a.html", f"{'long/' * 40}b.html",
    ]  # fmt: skip
    names = {path: hero_name(Page(path=path)) for path in paths}
    assert all(names[one] != names[other] for one, other in combinations(paths, 2)), names
    assert all(len(name) <= 87 and name == name.lower() for name in names.values())


def test_words_become_ascii_in_every_script() -> None:
    cases = {
        "Blue mountains at dawn": "blue-mountains-at-dawn",
        "Die Mühle: 50 % größer": "die-muehle-50-groesser",
        "Être l'élève": "etre-leleve",
        "Москва ночью": "moskva-nochyu",
        "東京の夜": "dongjingnoye",
        "A/B & <C>": "a-b-c",
        "A": "",
        "": "",
        "…!": "",
    }
    assert {text: words_slug(text) for text in cases} == cases
    long = words_slug("one hundred words about a harbour at dawn with boats and gulls " * 9)
    assert long == "one-hundred-words-about-a-harbour-at-dawn-with-boats-and"
    assert words_slug("x" * 500) == "x" * 60
