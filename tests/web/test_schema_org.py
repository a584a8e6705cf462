"""schema.org's vocabulary: our copy is made from a release, and says what an image may have."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from imageseo.web.structured_data import schema_org, vocabulary
from tests.bench import __main__ as bench
from tests.bench import schema_org as copying


def node(name: str, kind: str, **more: list[str]) -> dict[str, Any]:
    keys = {"below": "rdfs:subClassOf", "of": "schema:domainIncludes", "holds": "schema:rangeIncludes"}
    listed = {keys[key]: [{"@id": f"schema:{each}"} for each in values] for key, values in more.items()}
    # A release writes a single value without a list.
    return {"@id": f"schema:{name}", "@type": kind} | {
        key: values[0] if len(values) == 1 else values for key, values in listed.items()
    }


RELEASE = [
    node("Thing", "rdfs:Class"),
    node("CreativeWork", "rdfs:Class", below=["Thing"]),
    node("ImageObject", "rdfs:Class", below=["CreativeWork"]),
    node("Barcode", "rdfs:Class", below=["ImageObject"]),
    node("Article", "rdfs:Class", below=["CreativeWork"]),
    node("NewsArticle", "rdfs:Class", below=["Article"]),
    node("Place", "rdfs:Class", below=["Thing"]),
    node("license", "rdf:Property", of=["CreativeWork"], holds=["URL", "CreativeWork"]),
    node("photo", "rdf:Property", of=["Place"], holds=["ImageObject"]),
    node("image", "rdf:Property", of=["Thing"], holds=["URL"]),
    node("image", "rdf:Property", of=["Thing"], holds=["ImageObject"]),  # a term may be defined in parts
    node("PrintDigitalSource", "schema:IPTCDigitalSourceEnumeration"),
    node("Red", "schema:Colours"),
]


def test_terms_of_a_release_are_those_about_images() -> None:
    assert copying.terms_of(RELEASE) == {
        "image_types": {"Barcode": (), "ImageObject": ()},
        "article_types": {"Article": (), "NewsArticle": ()},
        "source_types": {"PrintDigitalSource": ()},
        "properties": {"image": ["ImageObject", "URL"], "license": ["CreativeWork", "URL"]},
        "holders": {"image": ["Thing"], "photo": ["Place"]},
    }


def test_a_copy_of_another_release_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "release.jsonld"
    file.write_text(json.dumps({"@graph": RELEASE}), "utf-8")
    bench.main(["schema-org", "--release", str(file), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (told["properties"], told["same_as_ours"]) == (2, False)
    file.write_text("[]", "utf-8")
    with pytest.raises(SystemExit, match="expected a release of schema"):
        bench.main(["schema-org", "--release", str(file)])


def test_our_copy_was_written_by_the_program() -> None:
    """What it holds gives its own text again: nobody edited it."""
    text = copying.OURS.read_text("utf-8")
    terms: dict[str, dict[str, Sequence[str]]] = {
        "image_types": dict.fromkeys(vocabulary.IMAGE_TYPES.split(), ()),
        "article_types": dict.fromkeys(vocabulary.ARTICLE_TYPES.split(), ()),
        "source_types": dict.fromkeys(vocabulary.SOURCE_TYPES.split(), ()),
        "properties": {name: values.split() for name, values in vocabulary.PROPERTIES.items()},
        "holders": {name: values.split() for name, values in vocabulary.HOLDERS.items()},
    }
    digest = text.partition("SHA-256\n")[2].partition(".")[0]
    assert len(digest) == 64
    assert copying.module(terms, digest) == text
    assert ast.parse(text)


def test_terms_that_rules_need_are_in_it() -> None:
    for name in schema_org.PAGES:
        values = vocabulary.PROPERTIES[name].split()
        assert "URL" in values
        assert "Text" not in values
    assert {"creator", "author", "copyrightHolder"} <= schema_org.AGENTS
    assert {"image", "logo", "primaryImageOfPage", "screenshot"} <= schema_org.HOLD_IMAGES
    assert set(vocabulary.ARTICLE_TYPES.split()) > schema_org.ARTICLES
    assert "TrainedAlgorithmicMediaDigitalSource" in schema_org.SOURCE_TYPES


@pytest.mark.parametrize(
    "text",
    ["https://x.example/a b", "/terms", "terms.html", "#rights", "mailto:a@x.example", "../my terms//", "a/b", "?q"],
)
def test_an_address_may_be_relative(text: str) -> None:
    assert schema_org.may_be_url(text)


@pytest.mark.parametrize("text", ["CC BY 4.0", "CC-BY-4.0", "MIT", "All rights reserved.", "© Ada Lovelace", "See: us"])
def test_names_and_sentences_are_no_address(text: str) -> None:
    assert not schema_org.may_be_url(text)
