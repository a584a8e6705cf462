"""Command `init`: add imageseo to a project, show what that would change, or take it back."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from imageseo.integrations.setup import project_setup, record
from imageseo.integrations.setup.output_folder import find_output
from imageseo.integrations.setup.project_setup import SetupPlan
from imageseo.integrations.setup.strict_builds import strict_note
from imageseo.model.errors import ImageseoError
from imageseo.model.humanize import format_bytes

NOTHING = "nothing to do"


def init(folder: Path, *, generator: str | None = None, ci_host: str | None = None, dry: bool = False) -> str:
    """Add imageseo to the project, or with ``dry`` only show how. Return the report. Raises ImageseoError."""
    plan = project_setup.plan(folder, generator=generator, ci_host=ci_host)
    if dry:
        parts = [diff(each.path, each.before, each.after) for each in plan.changes]
        return "".join(parts) or f"{NOTHING}\n"
    if plan.changes:
        record.write(folder, plan.changes)
    return "\n".join(_report(folder, plan)) + "\n"


def _report(folder: Path, plan: SetupPlan) -> Iterator[str]:
    found = plan.found
    yield f"{found.title}: {', '.join(found.evidence)}"
    yield from found.notes
    if strict := strict_note(folder, found):
        yield strict
    for each in plan.changes:
        yield f"{each.path}: {each.summary}"
    if not plan.changes:
        yield NOTHING
    elif found.runs_plugin and all(each.path.startswith(".") for each in plan.changes):
        yield "imageseo runs in each build already"
    yield ""
    yield "Next:"
    enter = "" if folder.resolve() == Path.cwd().resolve() else f"cd {folder} && "
    yield f"  {enter}{found.next_command}"
    yield f"  then: imageseo lint {found.output}"


def undo(folder: Path, *, dry: bool = False) -> tuple[str, bool]:
    """Remove what `init` added. Return the report, and whether something is kept that the user must look at."""
    files = record.plan_undo(folder)
    if dry:
        return "".join(diff(each.path, each.before, each.after) for each in files) or f"{NOTHING}\n", False
    record.undo(folder, files)
    lines = []
    for each in files:
        if each.after is None:
            lines.append(f"{each.path}: deleted")
        elif each.after != each.before:
            lines.append(f"{each.path}: restored" if not each.kept else f"{each.path}: restored in part")
        if each.kept:
            lines.append(f"{each.path}: {each.kept}")
    lines += _remaining(folder) if lines else []
    return "\n".join(lines or [f"{NOTHING}: no record of an init ({record.NAME}) in {folder}"]) + "\n", any(
        each.kept for each in files
    )


def _remaining(folder: Path) -> Iterator[str]:
    """Yield what `undo` leaves: encoded variants, and pages that were built with imageseo."""
    for cache in (each for each in (folder / ".cache/imageseo", folder / "docs/.cache/imageseo") if each.is_dir()):
        size = sum(each.stat().st_size for each in cache.rglob("*") if each.is_file())
        yield f"{cache.relative_to(folder).as_posix()}: stays, {format_bytes(size)}; delete it if you like"
    with suppress(ImageseoError):
        output = find_output(folder).folder
        yield f"{output}: stays as it was built; `imageseo undo {output}` removes what imageseo added"


def diff(path: str, before: str | None, after: str | None) -> str:
    """Return a unified diff, as `git apply` and `patch -p1` read it; None: no such file."""
    names = ("/dev/null" if before is None else f"a/{path}", "/dev/null" if after is None else f"b/{path}")
    lines = difflib.unified_diff(_lines(before), _lines(after), *names)
    return "".join(_ended(lines))


def _lines(text: str | None) -> list[str]:
    return [part for part in (text or "").replace("\n", "\n\0").split("\0") if part]


def _ended(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
