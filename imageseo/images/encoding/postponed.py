"""What a preview does not wait for: missing variants are noted, and encoded after the pages have been written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from imageseo.images.encoding.encode_result import EncodeResult, PartialResult
from imageseo.model.image import Asset, BadAsset, VariantSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Variants that cannot be encoded, as a former attempt has shown. The fields are those of ``EncodeResult``."""

    failures: Mapping[str, BadAsset] = field(default_factory=dict)
    refused: Mapping[VariantSpec, str] = field(default_factory=dict)
    declined: Mapping[VariantSpec, str] = field(default_factory=dict)
    crashed: Mapping[VariantSpec, str] = field(default_factory=dict)

    def with_result(self, result: EncodeResult) -> Tried:
        """Return what is known after one more attempt."""
        return Tried(
            failures={**self.failures, **result.failures},
            refused={**self.refused, **result.refused},
            declined={**self.declined, **result.declined},
            crashed={**self.crashed, **result.crashed},
        )


@dataclass(slots=True, kw_only=True)
class Postponed:
    """Collects what the encoder of one build does not encode. ``tried``: what it reports instead of trying again.

    ``jobs``, ``specs``: to encode later; all specs of each source, because some are only worthwhile beside others.
    """

    tried: Tried = field(default_factory=Tried)
    jobs: dict[str, tuple[Path, Asset]] = field(default_factory=dict)
    specs: dict[VariantSpec, None] = field(default_factory=dict)

    def put_off(
        self,
        jobs: Mapping[str, tuple[Path, Asset]],
        specs: Iterable[VariantSpec],
        missing: Iterable[VariantSpec],
        result: PartialResult,
    ) -> None:
        """Note missing specs, and add them to a result: as pending, or with the reason that no attempt will help.

        ``specs``: those of the whole build, also the ones that exist.
        """
        tried = self.tried
        for spec in missing:
            if spec.source in tried.failures:
                result.failures[spec.source] = tried.failures[spec.source]
            elif spec in tried.refused:
                result.refused[spec] = tried.refused[spec]
            elif spec in tried.crashed:
                result.crashed[spec] = tried.crashed[spec]
            elif spec in tried.declined:
                result.declined[spec] = tried.declined[spec]
            else:
                result.pending.add(spec)
        sources = {spec.source for spec in result.pending}
        self.jobs.update({source: jobs[source] for source in sources})
        self.specs.update(dict.fromkeys(spec for spec in specs if spec.source in sources))
