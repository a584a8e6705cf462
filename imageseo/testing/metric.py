"""What a metric must do."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from imageseo.images.encoding.factory import metrics
from imageseo.images.encoding.foreign import GuardedMetric, check_metric
from imageseo.testing.requirement import Requirement, need
from imageseo.testing.samples import blurred, half_transparent, photo

_FARTHEST = 12.0
"""Points by which a score may differ from SSIMULACRA 2: targets are written on its scale."""


@dataclass(frozen=True, slots=True)
class MetricChecks:
    """The requirements, as methods. ``name``: of the entry point."""

    name: str
    module: ModuleType

    @property
    def metric(self) -> GuardedMetric:
        """The metric as builds use it: every score is checked."""
        metric: Any = getattr(self.module, "METRIC", None)
        need(metric is not None, f"{self.module.__name__} has no METRIC")
        return GuardedMetric(f"the metric {self.name}", metric)

    def declarations(self) -> None:
        """Name and version are declared."""
        metric: Any = getattr(self.module, "METRIC", None)
        check_metric("METRIC", metric)
        need(metric.name.strip() and metric.version.strip(), "name or version is empty: they are part of cache keys")

    def equal_images(self) -> None:
        """Equal images score 100, with and without transparency."""
        for image in (photo(), half_transparent(96)):
            score = self.metric.score(self.metric.reference(image), image.copy())
            need(99.0 <= score <= 100.0, f"equal images score {score:.1f}, not 100")

    def order(self) -> None:
        """More blur scores less."""
        image = photo()
        reference = self.metric.reference(image)
        scores = [self.metric.score(reference, blurred(image, radius)) for radius in (0.8, 1.6, 2.4, 3.2)]
        need(scores == sorted(scores, reverse=True), f"scores of growing blur are {_shown(scores)}")
        need(scores[0] > scores[-1], "the score does not depend on the image")

    def scale(self) -> None:
        """Scores are on the scale of SSIMULACRA 2, on which targets are written."""
        image, standard = photo(), metrics("numpy")
        mine, theirs = self.metric.reference(image), standard.reference(image)
        for radius in (0.8, 1.6, 2.4):
            harmed = blurred(image, radius)
            found, expected = self.metric.score(mine, harmed), standard.score(theirs, harmed)
            need(abs(found - expected) <= _FARTHEST, f"a blurred image scores {found:.0f}, not about {expected:.0f}")

    def transparency(self) -> None:
        """Images with transparency are scored, and a change of it counts."""
        image = half_transparent(96)
        changed = image.copy()
        changed.paste((255, 255, 255, 255), (0, 0, 20, 96))
        score = self.metric.score(self.metric.reference(image), changed)
        need(score < 95, f"an image with other transparency scores {score:.0f}")

    def repeated(self) -> None:
        """A reference can be used again, by several threads, and gives the same score."""
        image = photo(200, 151)
        reference, harmed = self.metric.reference(image), blurred(image, 1)
        first = self.metric.score(reference, harmed)
        with ThreadPoolExecutor(3) as pool:
            scores = set(pool.map(lambda _: self.metric.score(reference, harmed.copy()), range(3)))
        need(scores == {first}, f"equal pairs score {_shown([first, *scores])}")

    def odd_sizes(self) -> None:
        """Small and narrow images are scored: logos and long screenshots."""
        for size in ((64, 64), (65, 200), (320, 67)):
            image = photo(*size)
            self.metric.score(self.metric.reference(image), blurred(image, 1))


def _shown(scores: Sequence[float]) -> str:
    return ", ".join(f"{each:.1f}" for each in scores)


def requirements(name: str, module: ModuleType) -> Sequence[Requirement]:
    """Return what a metric must do."""
    checks = MetricChecks(name, module)
    each = (
        *(checks.declarations, checks.equal_images, checks.order, checks.scale, checks.transparency),
        *(checks.repeated, checks.odd_sizes),
    )
    return [Requirement(check.__name__, check) for check in each]
