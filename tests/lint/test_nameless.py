"""Tests of which file names describe nothing, and of the words that replace them."""

from __future__ import annotations

import unicodedata

from imageseo.lint.naming.nameless import is_nameless, kept_tail
from imageseo.web.filenames import words_slug

_NAMELESS = [
    "IMG_1234.jpg",
    "IMG_20260105_101112~2.jpg",
    "IMG-20260105-WA0001.jpg",
    "IMG_1234(1).jpg",
    "IMG_E1234.jpg",
    "_MG_1234.jpg",
    "DSC_0001.JPG",
    "DSCF0001.jpg",
    "DSCN1234.jpg",
    "_DSC1234.jpg",
    "PXL_20260105_101112123.MP.jpg",
    "P1010001.JPG",
    "GOPR0001.jpg",
    "GH010001.jpg",
    "100_0001.jpg",
    "20260105_101112.jpg",
    "550e8400-e29b-41d4-a716-446655440000.png",
    "d41d8cd98f00b204e9800998ecf8427e.jpg",
    "image1.png",
    "Untitled.png",
    "download.png",
    "photo_2026-01-05_10-11-12.jpg",
    "signal-2026-01-05-101112_002.jpeg",
    "FB_IMG_1234567890123.jpg",
    "received_1234567890.jpeg",
    "Screenshot_20260105_101112_Chrome.jpg",
    "scan0001.jpg",
    "IMG_1234-1024x768.jpg",
    "image1@2x.png",
]
_SPACED = [
    "Screenshot 2026-01-05 at 10.11.12.png",
    "Screenshot from 2026-01-05 10-11-12.png",
    "Bildschirmfoto 2026-01-05 um 10.11.12.png",
    "Capture d’écran 2026-01-05 à 10.11.12.png",
    "WhatsApp Image 2026-01-05 at 10.11.12 (1).jpeg",
    "ChatGPT Image 5. Jan. 2026, 10_11_12.png",
    "IMG_1234 (1).jpg",
]
_DESCRIPTIVE = [
    "harbour.jpg",
    "launch-2026.jpg",
    "2026-report.png",
    "i18n.png",
    "deadbeef.png",
    "facade.png",
    "icon-192.png",
    "logo@2x.png",
    "P100.jpg",
    "favicon-32x32.png",
    "apple-touch-icon.png",
    "figure-2.png",
    "photo-of-harbour.jpg",
    "image-editor.png",
    "screenshot-settings.png",
    "harbour.3fa9c1d2.jpg",
    "a1b2c3.png",
    "sam300.jpg",
]


def test_names_that_describe_nothing() -> None:
    for name in [*_NAMELESS, *_SPACED]:
        assert is_nameless(name), name
        assert is_nameless(unicodedata.normalize("NFD", name)), name
    assert [name for name in _DESCRIPTIVE if is_nameless(name)] == []


def test_hash_of_a_bundler_stays() -> None:
    assert kept_tail("IMG_1234.3fa9c1d2.jpg") == ".3fa9c1d2"
    assert kept_tail("image1_hu_3fa9c1d2e4b5a6c7.png") == "_hu_3fa9c1d2e4b5a6c7"
    assert kept_tail("IMG_1234.jpg") == ""
    assert kept_tail("harbour.3fa9c1d2.jpg") is None


def test_words_are_written_as_their_language_does() -> None:
    assert words_slug("Die Mühle & Größe", "de-AT") == "die-muehle-groesse"
    assert words_slug("Die Mühle") == words_slug(unicodedata.normalize("NFD", "Die Mühle")) == "die-muehle"
    assert words_slug("Grön skog över ån", "sv") == "gron-skog-over-an"
    assert words_slug("Görünüş", "tr") == "gorunus"
    assert words_slug("Blå bær på øen", "da") == "blaa-baer-paa-oeen"
    assert words_slug("Москва ночью", "ru") == "moskva-nochyu"
    assert len(words_slug("long words " * 40)) <= 60
