"""Take personal data out of what providers send to servers, whatever the provider does with its recipes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol, cast, runtime_checkable

from imageseo.config.policy import PolicySettings
from imageseo.heroes.policy.persons import redact
from imageseo.model.hero import Master, Recipe
from imageseo.model.protocols import HeroProvider

REDACTED = "redacted"
"""Key in the ``env`` of a pin: the kinds of personal data that were taken out of its prompt before it was sent."""
_FILES = frozenset(
    ("model", "vae", "workflow", "config", "image", "mask", "url", "size", "scheduler", "sampler", "style")
)
SERVICES = ("openai", "comfyui", "automatic1111", "forge", "openverse")
"""Names of providers that send their recipes to a server, also if they do not say so."""
_ASKED = ("preflight", "models", "notes")  # methods with a recipe, besides `produce`
_CONFIGURED = ("configure", "with_pictures_in_use")  # methods that return the provider again


@runtime_checkable
class SendingProvider(Protocol):
    """Additional property of a provider: whether it sends its recipes to a server."""

    sends_prompts: bool


def guarded_sender(provider: HeroProvider, policy: PolicySettings) -> HeroProvider:
    """Return the provider; one that sends its recipes to a server only ever gets them without personal data."""
    said = isinstance(provider, SendingProvider) and provider.sends_prompts
    if not (said or provider.name in SERVICES) or not policy.redact or isinstance(provider, _Sender):
        return provider
    names = [name for name in dir(provider) if not name.startswith("_") and not hasattr(_Sender, name)]
    kind = type("GuardedSender", (_Sender,), {name: _delegate(name) for name in names})
    return cast("HeroProvider", kind(provider, policy))


class _Sender:
    """A provider whose ``produce`` gets redacted recipes; all else is as in the provider."""

    def __init__(self, provider: HeroProvider, policy: PolicySettings) -> None:
        self._provider = provider
        self._policy = policy

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        clean = [clean_recipe(recipe, self._policy) for recipe in recipes]
        masters = self._provider.produce([recipe for recipe, _ in clean])
        for (_, kinds), master in zip(clean, masters, strict=False):
            yield replace(master, env={**master.env, REDACTED: list(kinds)}) if kinds else master


def _delegate(name: str) -> property:
    def get(self: _Sender) -> Any:
        found = getattr(self._provider, name)
        if name in _ASKED:
            return lambda recipe: found(clean_recipe(recipe, self._policy)[0])
        if name in _CONFIGURED:
            return lambda *given: guarded_sender(found(*given), self._policy)
        return found

    return property(get)


def clean_recipe(recipe: Recipe, policy: PolicySettings) -> tuple[Recipe, tuple[str, ...]]:
    """Return a recipe without the personal data that the policy names, and the kinds that were taken out."""
    kinds = dict[str, None]()

    def clean(text: str) -> str:
        found, removed = redact(text, policy.redact, people=policy.people)
        kinds.update(dict.fromkeys(removed))
        return found

    options = {key: each if key in _FILES else _map_texts(each, clean) for key, each in recipe.options.items()}
    return (replace(recipe, options=options), tuple(kinds)) if kinds else (recipe, ())


def _map_texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: each if key in _FILES else _map_texts(each, change) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_map_texts(each, change) for each in value)
    return value
