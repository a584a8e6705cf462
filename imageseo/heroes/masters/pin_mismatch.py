"""Why a pin does not fit the recipe of its page, for messages."""

from __future__ import annotations

from imageseo.heroes.recipes.diff import changed_keys, flatten
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.hero import Pin, Recipe


def stale_finding(pin: Pin, recipe: Recipe, location: Location, command: str) -> Finding:
    """Return the finding about a pin that is used although the page's texts have changed."""
    keys = changed_keys(pin.recipe, recipe)
    old, new = flatten(pin.recipe), flatten(recipe)
    changes = ", ".join(f"{key} {old.get(key)!r}, now {new.get(key)!r}" for key in keys)
    names = " and ".join(f"`{key.rpartition('.')[2]}`" for key in keys)
    return Finding(
        rule="hero-stale",
        severity=Severity.WARN,
        message=f"the page has changed since its hero was pinned: {changes}",
        location=location,
        hint=f"regenerate it with `{command}`, or write the old {names} into the recipe to keep it",
    )


def why_unpinned(recipe: Recipe, pin: Pin | None) -> str:
    """Return why the pin of a page, if any, does not fit its recipe."""
    if pin is None:
        return "the hero is not pinned"
    if pin.made.get("status") == "picked":
        keys = changed_keys(pin.recipe, recipe)
        old = flatten(pin.recipe)
        lines = " and ".join(f"`{key}: {old[key]}`" for key in keys if isinstance(old.get(key), str | int | float))
        keep = f"; to keep the picked image, write {lines}" if lines else ""
        return f"the page asks for another image than the one that was picked ({', '.join(keys)} differ{keep})"
    return f"the hero's recipe has changed since it was pinned ({', '.join(changed_keys(pin.recipe, recipe))})"
