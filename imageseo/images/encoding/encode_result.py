"""The result of encoding: what exists, and why the rest does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from imageseo.model.image import BadAsset, Variant, VariantSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodeResult:
    """The result of encoding specs.

    ``variants``: all that exist now. ``dropped``: those among them with more bytes than their source (the caller
    decides what to do with them). ``failures``: source files that could not be decoded, by digest. ``refused``: specs
    that their codec could not encode, with its reason. ``declined``: specs that intact files do not support, with the
    reason, or "" where the variant would not be smaller. ``oversized``: specs with more pixels a side than their format
    holds, with the reason. ``crashed``: specs whose codec or metric is of another package and failed, with its error.
    ``hits``/``misses``: number of variants found in the store / encoded. ``seconds``: that each new variant took.
    ``pending``: missing specs that a preview encodes later.
    """

    variants: Mapping[VariantSpec, Variant]
    dropped: frozenset[VariantSpec] = frozenset()
    failures: Mapping[str, BadAsset] = field(default_factory=dict)
    refused: Mapping[VariantSpec, str] = field(default_factory=dict)
    declined: Mapping[VariantSpec, str] = field(default_factory=dict)
    oversized: Mapping[VariantSpec, str] = field(default_factory=dict)
    crashed: Mapping[VariantSpec, str] = field(default_factory=dict)
    seconds: Mapping[VariantSpec, float] = field(default_factory=dict)
    pending: frozenset[VariantSpec] = frozenset()
    hits: int = 0
    misses: int = 0


@dataclass(slots=True)
class PartialResult:
    """The growing parts of an ``EncodeResult``."""

    variants: dict[VariantSpec, Variant] = field(default_factory=dict)
    failures: dict[str, BadAsset] = field(default_factory=dict)
    refused: dict[VariantSpec, str] = field(default_factory=dict)
    declined: dict[VariantSpec, str] = field(default_factory=dict)
    oversized: dict[VariantSpec, str] = field(default_factory=dict)
    crashed: dict[VariantSpec, str] = field(default_factory=dict)
    seconds: dict[VariantSpec, float] = field(default_factory=dict)
    pending: set[VariantSpec] = field(default_factory=set)
