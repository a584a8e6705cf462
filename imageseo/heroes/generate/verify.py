"""Makes pinned heroes again in memory and says how alike they come out; changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Literal

from imageseo.heroes.generate.producer import Producer
from imageseo.heroes.masters.similarity import Similarity, compare, opened, pixels_digest
from imageseo.heroes.recipes import asset_providers
from imageseo.model.errors import ImageseoError, LockError, ProviderError
from imageseo.model.hero import Master, Pin, Recipe
from imageseo.model.protocols import MasterStore, Progress

Verdict = Literal["identical", "equivalent", "different", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What became of one pin. ``alike``: None where not both pictures were looked at. ``reason``: behind the verdict.

    ``lost``: the pinned master itself is gone, damaged or out of reach, whatever the verdict.
    """

    page: str
    verdict: Verdict
    alike: Similarity | None = None
    reason: str = ""
    lost: bool = False


def verify(
    pins: Iterable[Pin], *, making: Producer, vault: MasterStore, progress: Progress | None = None
) -> tuple[Verified, ...]:
    """Each pinned hero made again, by page. ``identical``: equal pixels. ``equivalent``: none that a viewer could tell.

    ``skipped``: it cannot be made here, and why. Nothing is written, nothing is taken from the store.
    """
    given = {pin.page: pin for pin in pins}
    wanted: dict[str, dict[tuple[str, str], tuple[Recipe, list[Pin]]]] = {}
    for page, recipe in asset_providers.recipes_to_repeat(making.providers, given.values()).items():
        same = wanted.setdefault(recipe.provider, {})
        same.setdefault(recipe.request_key, (recipe, []))[1].append(given[page])
    found: list[Verified] = []
    with progress.task("Heroes to verify", len(given)) if progress and given else nullcontext() as step:
        for name, same in sorted(wanted.items()):
            for recipe, outcome, _ in making.produce(name, [recipe for recipe, _ in same.values()]):
                for pin in same[recipe.request_key][1]:
                    found.append(_verified(pin, outcome, vault))
                    if step:
                        step.advance()
    return tuple(sorted(found, key=lambda each: each.page))


def judge(identical: bool, same_size: bool, alike: Similarity) -> Verdict:
    """The verdict on two pictures. ``identical``: their pixels are equal."""
    return "identical" if identical else "equivalent" if same_size and alike.equivalent else "different"


def _verified(pin: Pin, outcome: Master | ImageseoError, vault: MasterStore) -> Verified:
    if isinstance(outcome, ImageseoError):
        return Verified(page=pin.page, verdict="skipped", reason=outcome.message)
    try:
        old: bytes | None = vault.read(pin.file, pin.file_sha256)
        lost = ""
    except LockError as error:
        old, lost = None, error.message
    try:
        with opened(outcome.png, pin.recipe.provider) as image:
            if pixels_digest(image) == pin.pixels_sha256:
                return Verified(
                    page=pin.page,
                    verdict="identical",
                    alike=Similarity(bits=0, delta_e=0.0),
                    reason=lost,
                    lost=old is None,
                )
            why = "; ".join([*([lost] if lost else []), *_evidence(pin, outcome)])
            if old is None:
                return Verified(page=pin.page, verdict="different", reason=why, lost=True)
            with opened(old, "the vault") as pinned:
                alike = compare(pinned, image)
                sizes = [f"{each.width}x{each.height}" for each in (pinned, image)]
                verdict = judge(False, sizes[0] == sizes[1], alike)
    except ProviderError as error:
        return Verified(page=pin.page, verdict="different", reason=error.message)
    if sizes[0] != sizes[1]:
        why = "; ".join([f"{sizes[0]} px, now {sizes[1]} px", *([why] if why else [])])
    return Verified(page=pin.page, verdict=verdict, alike=alike, reason=why)


def _evidence(pin: Pin, master: Master) -> Iterator[str]:
    """In what the making differs from the pinned one, as far as both say it."""
    for role, digest in sorted(master.models.items()):
        if pin.models.get(role, digest) != digest:
            yield f"the files of {role} are other ones"
    yield from (f"{key} {was!r}, now {now!r}" for key, was, now in _differences(pin.env, master.env))


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for key in sorted(set(old) & set(new)):
        if isinstance(old[key], Mapping) and isinstance(new[key], Mapping):
            yield from _differences(old[key], new[key])
        elif old[key] != new[key]:
            yield key, old[key], new[key]
