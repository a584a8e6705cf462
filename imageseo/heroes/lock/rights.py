"""Rights of a pinned image, as the lock file has them."""

from __future__ import annotations

from imageseo.model.image import Rights

RIGHTS = ("creator", "credit", "copyright", "license", "acquire_license_page")


def as_table(rights: Rights) -> dict[str, str]:
    """Return the rights that are set, by key."""
    return {name: value for name in RIGHTS if (value := getattr(rights, name)) is not None}
