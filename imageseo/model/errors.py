"""Errors that the user can fix: title, message, hint, permanent id, exit code."""

from __future__ import annotations

from collections.abc import Iterable


class ImageseoError(Exception):
    """An error that the user can fix. Shown without a traceback.

    ``id`` is permanent. ``message`` names file, line or key, what was found and what was expected; ``hint`` is the
    remedy.
    """

    id = "error"
    title = "Something is wrong"
    exit_code = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.title}: {self.message}" if self.title else self.message
        return f"{text}\n  {self.hint}" if self.hint else text


class SettingsError(ImageseoError):
    """One or more errors in the configuration; ``faults`` has one line for each."""

    id = "settings"
    title = "Configuration"

    def __init__(self, faults: tuple[str, ...], *, hint: str = "") -> None:
        self.faults = faults
        count = f"{len(faults)} error" + ("" if len(faults) == 1 else "s")
        super().__init__("\n".join([count, *(f"  - {fault}" for fault in faults)]), hint=hint)


class SiteError(ImageseoError):
    """The folder to work on is missing, empty of pages, or cannot be read or written."""

    id = "site"
    title = "Site"


class PageChangedError(SiteError):
    """Another program wrote a page while it was being built: positions found before no longer fit it."""

    def __init__(self) -> None:
        super().__init__(
            "another program wrote the page during the build; it was left as it is",
            hint="build again when that program has finished",
        )


class LockError(ImageseoError):
    """``imageseo.lock`` cannot be read, or does not match the masters."""

    id = "lock"
    title = "imageseo.lock"


class PointerError(LockError):
    """A Git LFS pointer is in the place of a pinned master: making it again would replace what exists."""


class RecipeError(ImageseoError):
    """A hero's recipe is invalid. ``faults``: the single error itself, or all errors combined by ``together``."""

    id = "recipe"
    title = "Hero recipe"

    def __init__(self, message: str, *, hint: str = "", faults: tuple[RecipeError, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.faults: tuple[RecipeError, ...] = faults or (self,)

    @classmethod
    def together(cls, errors: Iterable[RecipeError]) -> RecipeError:
        """Combine errors into one, with a line for each and its hint in parentheses; a single error stays unchanged."""
        faults = tuple(fault for error in errors for fault in error.faults)
        if len(faults) == 1:
            return faults[0]
        lines = [fault.message + (f" ({fault.hint})" if fault.hint else "") for fault in faults]
        return cls("\n".join(lines), faults=faults)


class PolicyError(RecipeError):
    """The policy of the project refuses a recipe. ``record``: the reasons without names of persons."""

    id = "policy"
    title = "Policy"
    record = ""

    @classmethod
    def of(cls, place: str, reasons: list[str], *, record: str, hint: str) -> PolicyError:
        """Combine all reasons. ``place``: the page and where its recipe is."""
        error = cls(f"{place}: refused: {'; '.join(reasons)}", hint=hint)
        error.record = record
        return error


class AltDraftsError(ImageseoError):
    """The file of drafts of alternative texts, or the model that describes images, cannot be used."""

    id = "alt-drafts"
    title = "Alternative texts"


class ProviderError(ImageseoError):
    """A provider could not make a hero."""

    id = "provider"
    title = "Hero provider"


class StoreError(ImageseoError):
    """The variant store cannot be read or written."""

    id = "store"
    title = "Store"


class MissingExtraError(ImageseoError):
    """An optional part is required but not installed; the hint contains the pip command."""

    id = "missing-extra"
    title = "Missing part"


class LayoutError(ImageseoError):
    """``imageseo.layout.json`` cannot be read or written."""

    id = "layout"
    title = "imageseo.layout.json"


class BrowserError(ImageseoError):
    """No browser for measuring was found, or it does not start."""

    id = "browser"
    title = "Browser"


class AuditError(ImageseoError):
    """The audit log cannot be read or written."""

    id = "audit"
    title = "Audit log"
