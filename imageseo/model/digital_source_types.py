"""IPTC's digital source types: their codes, their URIs, and the members of schema.org that match them."""

from __future__ import annotations

_MEMBERS = {
    code: "https://schema.org/" + code[0].upper() + code[1:] + "DigitalSource"
    for code in (
        *("algorithmicMedia", "algorithmicallyEnhanced", "composite", "compositeCapture", "compositeSynthetic"),
        *("compositeWithTrainedAlgorithmicMedia", "dataDrivenMedia", "digitalArt", "digitalCapture"),
        *("minorHumanEdits", "negativeFilm", "positiveFilm", "print", "screenCapture", "trainedAlgorithmicMedia"),
        "virtualRecording",
    )
} | {"computationalCapture": "https://schema.org/MultiFrameComputationalCaptureDigitalSource"}
"""IPTC code -> schema.org member that matches it exactly (skos:exactMatch in schema.org 30.0)."""

CODES = tuple(sorted(_MEMBERS))
_PREFIXES = tuple(f"{scheme}://cv.iptc.org/newscodes/digitalsourcetype/" for scheme in ("http", "https"))


def schema_org_member(uri: str | None) -> str | None:
    """Return the schema.org member for an IPTC DigitalSourceType URI; None if there is none."""
    for prefix in _PREFIXES:
        if uri is not None and uri.startswith(prefix):
            return _MEMBERS.get(uri.removeprefix(prefix))
    return None


def uri_of(name: str) -> str | None:
    """Return the IPTC NewsCodes URI of a type by its code, its URI or schema.org's member; None if there is none."""
    code = name.strip().rstrip("/").rpartition("/")[2].removesuffix("DigitalSource")
    code = code[:1].lower() + code[1:]
    code = "computationalCapture" if code == "multiFrameComputationalCapture" else code
    return f"{_PREFIXES[0]}{code}" if code in _MEMBERS else None
