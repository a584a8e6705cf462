"""What a range of commits touched: files by git, and the pages that follow from them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from imageseo.model.errors import ImageseoError
from imageseo.model.finding import Finding
from imageseo.model.site import Site
from imageseo.web.urls import PICTURES

_EVERYWHERE = (
    *("imageseo.toml", "pyproject.toml", "imageseo.lock", "imageseo.layout.json", "heroes.toml", "prompts.toml"),
    *("mkdocs.yml", "mkdocs.yaml", "properdocs.yml", "properdocs.yaml", "pelicanconf.py", "publishconf.py"),
)
# Of a theme: what is changed in it shows on every page.
_THEME = (".html", ".htm", ".jinja", ".jinja2", ".j2", ".css", ".scss", ".js", ".mjs", ".ts")
_SECONDS = 120


class ChangedError(ImageseoError):
    """git cannot say what was touched."""

    id = "changed-since"
    title = "--changed-since"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPages:
    """The pages of a site that a range of commits touched. ``why``: of all of them, the file that is on every page."""

    pages: frozenset[str]
    files: frozenset[str]
    why: str = ""

    def holds(self, finding: Finding) -> bool:
        """Whether a finding is of a page, or of another file of the site, that was touched."""
        return bool(self.why) or finding.location.page in self.pages or finding.location.page in self.files


def changed_pages(site: Site, revision: str, *, folder: Path) -> ChangedPages:
    """What was touched since a revision left the history of HEAD, with what is not committed yet.

    ``folder``: of the project. ``revision``: as git takes it; a range (``a..b``) is compared as it is. A page counts
    when its source or its published file was touched, or an image that it names; all pages do when the configuration,
    the lock or a file of the theme was. Raises ChangedError.
    """
    root, paths = changed_files(folder, revision)
    sources: dict[str, list[str]] = {}
    for page in site.pages:
        if page.hints.source is not None:
            sources.setdefault(os.path.realpath(site.project / page.hints.source), []).append(page.path)
    built = f"{os.path.realpath(site.root)}{os.sep}"
    pages: set[str] = set()
    files: set[str] = set()
    pictures: set[str] = set()
    for path in paths:
        place = os.path.realpath(root / path)
        if place in sources:
            pages.update(sources[place])
        elif place.startswith(built):
            files.add(Path(place[len(built) :]).as_posix())
        elif path.lower().endswith(PICTURES):
            pictures.add(path)
        elif _on_every_page(path):
            return ChangedPages(pages=frozenset(), files=frozenset(), why=path)
    pictures |= {name for name in files if name.lower().endswith(PICTURES)}
    pages |= {page.path for page in site.pages if page.path in files}
    if pictures:
        pages |= set(_showing(site, pages, {name.rpartition("/")[2] for name in pictures}))
    return ChangedPages(pages=frozenset(pages), files=frozenset(files))


def _on_every_page(path: str) -> bool:
    return path.rpartition("/")[2] in _EVERYWHERE or path.lower().endswith(_THEME)


def _showing(site: Site, known: set[str], names: Iterable[str]) -> Iterable[str]:
    """The other pages whose bytes name one of these files; a variant's name begins like its original's."""
    stems = {name.rpartition(".")[0] for name in names}
    needles = {form.encode() for stem in stems if stem for form in (stem, quote(stem), escape(stem))}
    for page in site.pages:
        if page.path in known:
            continue
        try:
            data = (site.root / page.path).read_bytes()
        except OSError:
            continue  # lint says so
        if any(needle in data for needle in needles):
            yield page.path


def changed_files(folder: Path, revision: str) -> tuple[Path, list[str]]:
    """The repository's root, and the files that were touched, seen from there with ``/``. Raises ChangedError."""
    git = _git(folder)
    try:
        root = Path(git("rev-parse", "--show-toplevel").strip())
    except _Refused as error:
        raise ChangedError(f"{folder} is not in a git repository ({error})", hint="leave --changed-since out") from None
    if not revision or revision.startswith("-"):
        raise ChangedError(f"found {revision!r}, expected a commit, a branch or a tag")
    spans = ".." in revision
    try:
        if spans:
            ends = [end for end in revision.replace("...", "..").split("..") if end]
            for end in ends:
                git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{end}^{{commit}}")
        else:
            git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except _Refused:
        raise ChangedError(
            f"there is no commit, branch or tag {revision!r}",
            hint="fetch it first; actions/checkout fetches one commit alone unless `fetch-depth: 0` is set",
        ) from None
    try:
        since = revision if spans else git("merge-base", revision, "HEAD").strip()
        listed = git("diff", "--name-only", "--no-renames", "-z", "--end-of-options", since, "--")
        listed += git("ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", str(root))
        if spans:
            listed += git("diff", "--name-only", "--no-renames", "-z", "HEAD", "--")
    except _Refused as error:
        raise ChangedError(
            f"git cannot compare with {revision!r}: {error or 'no common commit'}",
            hint="where the history is cut off (a shallow clone), fetch it whole: `fetch-depth: 0` of actions/checkout",
        ) from None
    return root, sorted({path for path in listed.split("\0") if path})


def commit(folder: Path) -> tuple[str, str] | None:
    """The commit that a folder's repository stands at, with its date (ISO 8601); None where git cannot say."""
    try:
        sha, date = _git(folder)("log", "-1", "--format=%H %cI").split()
    except (_Refused, ChangedError, ValueError):
        return None
    return sha, date


class _Refused(Exception):
    """git ended with a fault."""


def _git(folder: Path) -> Callable[..., str]:
    """git in a folder: its output. Raises _Refused with its words, ChangedError when there is none."""

    def run(*words: str) -> str:
        # A hook of git's sets variables that would lead elsewhere; output in the tongue of the machine helps nobody.
        env = {name: text for name, text in os.environ.items() if name not in ("GIT_DIR", "GIT_WORK_TREE")}
        try:
            done = subprocess.run(
                ["git", "-C", str(folder), *words],
                capture_output=True,
                timeout=_SECONDS,
                env={**env, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},
                stdin=subprocess.DEVNULL,
            )
        except FileNotFoundError as error:
            raise ChangedError("git is not installed", hint="install it, or leave --changed-since out") from error
        except subprocess.TimeoutExpired as error:
            raise ChangedError(f"git {words[0]} did not end within {_SECONDS} s") from error
        except OSError as error:
            raise ChangedError(f"git cannot be started: {error.strerror or error}") from error
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise _Refused(said[0].removeprefix("fatal: ") if said else "")
        return os.fsdecode(done.stdout)

    return run
