"""Checks of `doctor` on the files of a project: the stores of variants and masters, the lock file, live reload."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from imageseo.cli.commands.doctor_check import Check, State
from imageseo.cli.commands.doctor_merge import check_merge
from imageseo.heroes.audit.examine import examine
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.lock.parser import VERSION
from imageseo.heroes.masters import store as master_stores
from imageseo.heroes.masters.remote_cache import RemoteCache
from imageseo.model.errors import ImageseoError, LockError, StoreError
from imageseo.model.hero import Pin
from imageseo.model.humanize import format_bytes, pluralize
from imageseo.storage.remote import Remote
from imageseo.storage.remote_errors import RemoteError
from imageseo.storage.remote_system import RemoteLimits

if TYPE_CHECKING:
    from imageseo.integrations.project import Project

_LITTLE = 200 * 2**20  # bytes of free space below which builds may fail
_LIMITS = RemoteLimits(connect=3, read=10, total=30, attempts=1)
_NAMES = 3  # of pins in one line


def check_project(project: Project) -> Iterator[Check]:
    """Check what commands read and write besides the site; writes nothing, and lists the bucket of masters if any."""
    yield from _check_reload(project)
    yield _check_cache(project.folder / project.settings.cache_dir)
    pins: Sequence[Pin] = ()
    lock: list[Check] = []
    try:
        pins = locks.read(project.folder / locks.NAME).pins
        lock += _check_lock(project, pins)
    except LockError as error:
        lock.append(_lock_check(State.BROKEN, error.message, f"{error.hint} `imageseo lock check` lists all faults."))
    lock += check_merge(project.folder)
    yield from _check_masters(project, pins)
    yield from lock
    yield from _check_audit(project, pins)


def _check_cache(folder: Path) -> Check:
    """Check the store of variants. It may be read-only, as long as a build needs nothing new."""
    from imageseo.storage.store import FolderStore

    def check(state: State, detail: str, hint: str = "") -> Check:
        return Check(kind="store", name="variants", state=state, detail=f"{folder}: {detail}", hint=hint)

    other = "make it writable, or name another folder in `cache_dir`"
    base = _nearest(folder)
    if not base.is_dir():
        return check(State.BROKEN, f"{base} is no folder", "remove that file, or name another folder in `cache_dir`")
    try:
        info = FolderStore(folder).info()
        free = shutil.disk_usage(base).free
    except StoreError as error:
        return check(State.BROKEN, error.message, error.hint)
    except OSError as error:
        return check(State.BROKEN, f"cannot be read: {error.strerror or error}", other)
    size = (
        f"{pluralize(info.blobs, 'file')}, {format_bytes(info.bytes)}" if base == folder else "made by the first build"
    )
    if not os.access(base, os.W_OK | os.X_OK):
        return check(State.LIMITED, f"{size}; not writable, so that builds fail if they need a new variant", other)
    if free < _LITTLE:
        hint = "`imageseo cache prune --max-size 500MiB` frees some"
        return check(State.LIMITED, f"{size}; only {format_bytes(free)} of the disk are free", hint)
    return check(State.OK, f"{size}; writable, {format_bytes(free)} free")


def _check_masters(project: Project, pins: Sequence[Pin]) -> Iterator[Check]:
    """Check where masters are kept, and whether every pin has its own."""
    masters, cache = project.settings.hero.masters, project.folder / project.settings.cache_dir
    try:
        vault = master_stores.open_master_store(masters, project.folder, cache)
    except ImageseoError as error:
        yield _masters_check(State.BROKEN, error.message, error.hint)
        return
    if isinstance(vault, master_stores.RemoteMasterStore):
        yield _check_bucket(vault.where, cache, pins)
        return
    faults = []
    for pin in pins:
        try:
            found = vault.digest(pin.file)
        except LockError as error:
            faults.append((error.message, error.hint))
            continue
        if found != pin.file_sha256:
            text = locks.describe_mismatch(pin.file, pin.file_sha256, found, page=pin.page)
            faults.append((text, f"{master_stores.restore_hint(vault)}, or run `imageseo generate {pin.page}`"))
    folder = project.folder / masters if not master_stores.is_url(masters) else None
    place = str(folder or vault.where)
    if faults:
        more = f" (and {len(faults) - 1:,} more)" if len(faults) > 1 else ""
        detail = f"{place}: {len(faults):,} of {len(pins):,} pinned masters missing or changed: {faults[0][0]}{more}"
        yield _masters_check(State.BROKEN, detail, faults[0][1])
        return
    base = _nearest(folder) if folder is not None else None
    if base is not None and not (base.is_dir() and os.access(base, os.W_OK | os.X_OK)):
        detail = f"{place}: not writable, so that `imageseo generate` fails"
        yield _masters_check(State.LIMITED, detail, "make it writable, or name another folder in `hero.masters`")
        return
    files = {pin.file for pin in pins}
    size = sum(path.stat().st_size for path in map(vault.path, files) if path is not None)
    yield _masters_check(State.OK, f"{place}: {pluralize(len(files), 'pinned file')}, {format_bytes(size)}; writable")


def _check_bucket(url: str, cache: Path, pins: Sequence[Pin]) -> Check:
    """Ask the server for its list of files. Builds need it only for masters that are not cached here."""
    copies = RemoteCache(cache / "masters", url)
    uncached = [pin for pin in pins if copies.read(pin.file_sha256) is None]
    try:
        listed = Remote(url, _LIMITS).stamps()
    except RemoteError as error:
        effect = (
            f"{len(uncached):,} of {len(pins):,} pinned masters are not cached here, so that builds fail"
            if uncached
            else "all pinned masters are cached here, so that builds need no server"
        )
        state = State.BROKEN if uncached else State.LIMITED
        return _masters_check(state, f"{url}: {error.message}; {effect}", error.hint)
    except ImageseoError as error:
        return _masters_check(State.BROKEN, f"{url}: {error.message}", error.hint)
    absent = [pin for pin in pins if PurePosixPath(pin.file).as_posix() not in listed]
    if absent:
        names = _some([pin.file for pin in absent])
        state = State.BROKEN if any(pin in uncached for pin in absent) else State.LIMITED
        detail = f"{url}: reachable, but {len(absent):,} of {len(pins):,} pinned masters are missing: {names}"
        return _masters_check(state, detail, f"restore them in {url}, or delete their pins and run `imageseo generate`")
    pinned = "no pinned master is missing" if pins else "none is pinned"
    return _masters_check(State.OK, f"{url}: reachable, {pluralize(len(listed), 'file')}; {pinned}")


def _check_lock(project: Project, pins: Sequence[Pin]) -> Iterator[Check]:
    file = project.folder / locks.NAME
    if not _exists(file):
        yield _lock_check(State.ABSENT, "none: no hero is pinned")
        return
    yield _lock_check(State.OK, f"{file}: version {VERSION}, {pluralize(len(pins), 'pin')}")
    if project.generator is None:
        return  # the pages are known from a built site only
    try:
        keys = {page.key for page in project.pages().pages}
    except ImageseoError as error:
        yield _lock_check(State.LIMITED, f"pins are not compared with pages: {error.message}", error.hint)
        return
    unknown = [pin.page for pin in pins if pin.page not in keys and not _exists(project.folder / pin.page)]
    if unknown:
        number = f"{len(unknown):,} pins are of pages that do" if len(unknown) > 1 else "1 pin is of a page that does"
        hint = "`imageseo generate --prune` drops such pins and deletes their masters"
        yield _lock_check(State.LIMITED, f"{number} not exist: {_some(unknown)}", hint)


def _check_audit(project: Project, pins: Sequence[Pin]) -> Iterator[Check]:
    settings = project.settings
    for each in examine(project.folder, settings.hero.masters, pins, wanted=settings.policy.audit):
        yield Check(kind="record", name="audit log", state=State(each.kind), detail=each.detail, hint=each.hint)


def _nearest(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    return next((each for each in (folder, *folder.parents) if _exists(each)), folder)


def _exists(path: Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110 - False for a name that no system accepts, where Path raises OSError


def _masters_check(state: State, detail: str, hint: str = "") -> Check:
    return Check(kind="store", name="masters", state=state, detail=detail, hint=hint)


def _lock_check(state: State, detail: str, hint: str = "") -> Check:
    return Check(kind="lock file", name=locks.NAME, state=state, detail=detail, hint=hint)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMES]) + (f" and {len(names) - _NAMES:,} more" if len(names) > _NAMES else "")


def _check_reload(project: Project) -> Iterator[Check]:
    """Check whether `mkdocs serve` watches files. With some versions of click it does not, and does not say so."""
    if project.generator is None or project.generator.name != "mkdocs":
        return
    names = ("mkdocs", "properdocs")
    wanted = names if project.generator.config.name.startswith("mkdocs") else names[::-1]
    package = next((name for name in wanted if find_spec(name)), None)
    if package is None or _reloads(package) is not False:
        return
    yield Check(
        kind="configuration",
        name="live reload",
        state=State.LIMITED,
        detail=f"`{package} serve` ignores changes and reloads no page: {_click()} switches that off",
        hint=f'pip install "click>=8.4", or run `{package} serve --livereload`',
    )


def _reloads(package: str) -> bool | None:
    """Return what the generator's own command line makes of `serve` without options; None if that is unknown."""
    try:
        command = import_module(f"{package}.__main__").serve_command
        with command.make_context("serve", []) as context:
            given: Mapping[str, Any] = context.params
    except (Exception, SystemExit):  # another version of it may do anything
        return None
    if "no_livereload" in given:
        return not given["no_livereload"]
    return bool(given["livereload"]) if "livereload" in given else None


def _click() -> str:
    try:
        return f"click {version('click')}"
    except PackageNotFoundError:
        return "the installed click"
