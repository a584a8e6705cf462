"""The pages that a range of commits changed, derived from the changed files that git lists."""

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
from imageseo.storage.site_folder import SiteFolder
from imageseo.web.urls import IMAGE_SUFFIXES

_GLOBAL_FILES = (
    *(
        "imageseo.toml",
        "pyproject.toml",
        "imageseo.lock",
        "imageseo.layout.json",
        "heroes.toml",
        "prompts.toml",
        "alt-drafts.toml",
    ),
    *("mkdocs.yml", "mkdocs.yaml", "properdocs.yml", "properdocs.yaml", "pelicanconf.py", "publishconf.py"),
)
# Suffixes of theme files, which affect every page.
_THEME = (".html", ".htm", ".jinja", ".jinja2", ".j2", ".css", ".scss", ".js", ".mjs", ".ts")
_SECONDS = 120


class ChangedError(ImageseoError):
    """git cannot list the changed files."""

    id = "changed-since"
    title = "--changed-since"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPages:
    """The pages of a site that a range of commits changed. ``why``: a changed file that affects all pages, or ""."""

    pages: frozenset[str]
    files: frozenset[str]
    why: str = ""

    def holds(self, finding: Finding) -> bool:
        """Whether a finding is on a changed page, or in another changed file of the site."""
        return bool(self.why) or finding.location.page in self.pages or finding.location.page in self.files


def changed_pages(site: Site, revision: str, *, folder: Path) -> ChangedPages:
    """Return the pages changed since the merge base of a revision and HEAD, uncommitted changes included.

    ``folder``: of the project. ``revision``: in git's syntax; a range (``a..b``) is compared as given. A page counts as
    changed if its source file, its published file or an image that it names changed; all pages do if the configuration,
    the lock file or a file of the theme changed. Raises ChangedError.
    """
    root, paths = changed_files(folder, revision)
    sources: dict[str, list[str]] = {}
    for page in site.pages:
        if page.hints.source is not None:
            sources.setdefault(os.path.realpath(site.project / page.hints.source), []).append(page.path)
    built = f"{os.path.realpath(site.root)}{os.sep}"
    pages: set[str] = set()
    files: set[str] = set()
    images: set[str] = set()
    for path in paths:
        file = os.path.realpath(root / path)
        if file in sources:
            pages.update(sources[file])
        elif file.startswith(built):
            files.add(Path(file[len(built) :]).as_posix())
        elif path.lower().endswith(IMAGE_SUFFIXES):
            images.add(path)
        elif _on_every_page(path):
            return ChangedPages(pages=frozenset(), files=frozenset(), why=path)
    images |= {name for name in files if name.lower().endswith(IMAGE_SUFFIXES)}
    pages |= {page.path for page in site.pages if page.path in files}
    if images:
        pages |= set(_pages_naming(site, pages, {name.rpartition("/")[2] for name in images}))
    return ChangedPages(pages=frozenset(pages), files=frozenset(files))


def _on_every_page(path: str) -> bool:
    return path.rpartition("/")[2] in _GLOBAL_FILES or path.lower().endswith(_THEME)


def _pages_naming(site: Site, excluded: set[str], names: Iterable[str]) -> Iterable[str]:
    """Yield the other pages that name one of these files; a variant's name begins with that of its source file."""
    stems = {name.rpartition(".")[0] for name in names}
    files = SiteFolder(site.root)
    needles = {os.fsencode(form) for stem in stems if stem for form in (stem, quote(os.fsencode(stem)), escape(stem))}
    for page in site.pages:
        if page.path in excluded:
            continue
        try:
            data = files.read(page.path)
        except OSError:
            continue  # reported by lint
        if any(needle in data for needle in needles):
            yield page.path


def changed_files(folder: Path, revision: str) -> tuple[Path, list[str]]:
    """Return the repository's root and the changed files, relative to it with ``/``. Raises ChangedError."""
    git = _git(folder)
    try:
        root = Path(git("rev-parse", "--show-toplevel").strip())
    except _GitError as error:
        raise ChangedError(f"{folder} is not in a git repository ({error})", hint="omit --changed-since") from None
    if not revision or revision.startswith("-"):
        raise ChangedError(f"found {revision!r}, expected a commit, a branch or a tag")
    is_range = ".." in revision
    try:
        if is_range:
            ends = [end for end in revision.replace("...", "..").split("..") if end]
            for end in ends:
                git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{end}^{{commit}}")
        else:
            git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except _GitError:
        raise ChangedError(
            f"there is no commit, branch or tag {revision!r}",
            hint="fetch it first; actions/checkout fetches a single commit unless `fetch-depth: 0` is set",
        ) from None
    try:
        since = revision if is_range else git("merge-base", revision, "HEAD").strip()
        names_listed = git("diff", "--name-only", "--no-renames", "-z", "--end-of-options", since, "--")
        names_listed += git("ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", str(root))
        if is_range:
            names_listed += git("diff", "--name-only", "--no-renames", "-z", "HEAD", "--")
    except _GitError as error:
        raise ChangedError(
            f"git cannot compare with {revision!r}: {error or 'no common commit'}",
            hint="fetch the whole history if this is a shallow clone: `fetch-depth: 0` of actions/checkout",
        ) from None
    return root, sorted({path for path in names_listed.split("\0") if path})


def commit(folder: Path) -> tuple[str, str] | None:
    """Return the HEAD commit of a folder's repository and its date (ISO 8601); None if git fails."""
    try:
        sha, date = _git(folder)("log", "-1", "--format=%H %cI").split()
    except (_GitError, ChangedError, ValueError):
        return None
    return sha, date


class _GitError(Exception):
    """git exited with an error."""


def _git(folder: Path) -> Callable[..., str]:
    """Return a function that runs git in a folder and returns its output.

    It raises _GitError with git's message, ChangedError if git cannot be run.
    """

    def run(*arguments: str) -> str:
        # A git hook sets variables that point to another repository; its messages are reported in English.
        env = {name: text for name, text in os.environ.items() if name not in ("GIT_DIR", "GIT_WORK_TREE")}
        try:
            done = subprocess.run(
                ["git", "-C", str(folder), *arguments],
                capture_output=True,
                timeout=_SECONDS,
                env={**env, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},
                stdin=subprocess.DEVNULL,
            )
        except FileNotFoundError as error:
            raise ChangedError("git is not installed", hint="install it, or omit --changed-since") from error
        except subprocess.TimeoutExpired as error:
            raise ChangedError(f"git {arguments[0]} did not finish within {_SECONDS} s") from error
        except OSError as error:
            raise ChangedError(f"git cannot be started: {error.strerror or error}") from error
        if done.returncode:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise _GitError(lines[0].removeprefix("fatal: ") if lines else "")
        return os.fsdecode(done.stdout)

    return run
