"""Regenerate pinned heroes in memory and compare them with their masters; writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Literal

from imageseo.heroes.generate import adoption
from imageseo.heroes.generate.producer import Producer
from imageseo.heroes.masters.similarity import Similarity, compare, open_image, pixels_digest
from imageseo.heroes.recipes import asset_providers
from imageseo.model.errors import ImageseoError, LockError, ProviderError
from imageseo.model.hero import Master, Pin, Recipe
from imageseo.model.progress import Progress
from imageseo.model.protocols import MasterStore

Verdict = Literal["identical", "equivalent", "different", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The result for one pin. ``alike``: None unless both images were compared. ``reason``: explains the verdict.

    ``lost``: whether the pinned master is missing, damaged or unreachable, whatever the verdict.
    """

    page: str
    verdict: Verdict
    alike: Similarity | None = None
    reason: str = ""
    lost: bool = False


def verify(
    pins: Iterable[Pin], *, making: Producer, vault: MasterStore, progress: Progress | None = None
) -> tuple[Verified, ...]:
    """Regenerate pinned heroes and compare them; return the results by page.

    ``identical``: equal pixels. ``equivalent``: no visible difference. ``skipped``: it cannot be made here; ``reason``
    has the error. The cache of builds is not used.
    """
    making.any_size = True  # another size is a difference, not an error
    by_page = {pin.page: pin for pin in pins}
    adopted = {page: origin for page, pin in by_page.items() if (origin := adoption.describe(pin)) is not None}
    results = [Verified(page=page, verdict="skipped", reason=origin) for page, origin in adopted.items()]
    by_page = {page: pin for page, pin in by_page.items() if page not in adopted}
    jobs: dict[str, dict[tuple[str, str], tuple[Recipe, list[Pin]]]] = {}
    for page, recipe in asset_providers.recipes_to_repeat(making.providers, by_page.values()).items():
        by_key = jobs.setdefault(recipe.provider, {})
        by_key.setdefault(recipe.request_key, (recipe, []))[1].append(by_page[page])
    with progress.task("Heroes to verify", len(by_page)) if progress and by_page else nullcontext() as step:
        for name, by_key in sorted(jobs.items()):
            for recipe, outcome, _ in making.produce(name, [recipe for recipe, _ in by_key.values()]):
                for pin in by_key[recipe.request_key][1]:
                    results.append(_verify_pin(pin, outcome, vault))
                    if step:
                        step.advance()
    return tuple(sorted(results, key=lambda result: result.page))


def verdict_for(identical: bool, same_size: bool, similarity: Similarity) -> Verdict:
    """Return the verdict on two images. ``identical``: whether their pixels are equal."""
    return "identical" if identical else "equivalent" if same_size and similarity.equivalent else "different"


def _verify_pin(pin: Pin, outcome: Master | ImageseoError, vault: MasterStore) -> Verified:
    if isinstance(outcome, ImageseoError):
        return Verified(page=pin.page, verdict="skipped", reason=outcome.message)
    try:
        old: bytes | None = vault.read(pin.file, pin.file_sha256)
        lost = ""
    except LockError as error:
        old, lost = None, error.message
    try:
        with open_image(outcome.png, pin.recipe.provider) as image:
            if pixels_digest(image) == pin.pixels_sha256:
                return Verified(
                    page=pin.page,
                    verdict="identical",
                    alike=Similarity(bits=0, delta_e=0.0),
                    reason=lost,
                    lost=old is None,
                )
            reason = "; ".join([*([lost] if lost else []), *_describe_differences(pin, outcome)])
            if old is None:
                return Verified(page=pin.page, verdict="different", reason=reason, lost=True)
            with open_image(old, "the master store") as pinned:
                similarity = compare(pinned, image)
                sizes = [f"{each.width}x{each.height}" for each in (pinned, image)]
                verdict = verdict_for(False, sizes[0] == sizes[1], similarity)
    except ProviderError as error:
        return Verified(page=pin.page, verdict="different", reason=error.message)
    if sizes[0] != sizes[1]:
        reason = "; ".join([f"{sizes[0]} px, now {sizes[1]} px", *([reason] if reason else [])])
    return Verified(page=pin.page, verdict=verdict, alike=similarity, reason=reason)


def _describe_differences(pin: Pin, master: Master) -> Iterator[str]:
    """Describe models and environment that differ from the pinned ones, as far as both are known."""
    for role, digest in sorted(master.models.items()):
        if pin.models.get(role, digest) != digest:
            yield f"the files of {role} have changed"
    yield from (f"{key} {before!r}, now {now!r}" for key, before, now in _differences(pin.env, master.env))


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for key in sorted(set(old) & set(new)):
        if isinstance(old[key], Mapping) and isinstance(new[key], Mapping):
            yield from _differences(old[key], new[key])
        elif old[key] != new[key]:
            yield key, old[key], new[key]
