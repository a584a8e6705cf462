"""Finds lists of service workers that name a changed page with the hash of its former bytes."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from imageseo.lint.crashes import crash_guard
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.site import Page
from imageseo.storage.output import OutputFolder
from imageseo.web import urls
from imageseo.web.html import edits

RULE = "precache-stale"
_MAX_BYTES = 4 * 2**20  # a list of 20,000 entries has 2 MB
_OBJECT = re.compile(r"\{[^{}]*\}")
_URL = re.compile(r"""["']?\burl["']?\s*:\s*["']([^"']+)["']""")
_REVISION = re.compile(r"""["']?\brevision["']?\s*:\s*["']([^"']+)["']""")
_PAIR = re.compile(r"""\[\s*["']([^"']+)["']\s*,\s*["']([0-9a-f]{32})["']\s*\]""")  # as sw-precache writes them
_HASH = re.compile(r"[0-9a-f]{8,64}", re.IGNORECASE)
_ALGORITHMS = ("md5", "sha1", "sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecacheLists:
    """The service workers and their lists of files in a site. ``base_url``: of the site."""

    output: OutputFolder
    base_url: str | None

    def findings(self, pages: Collection[str], recompressed: Collection[str]) -> list[Finding]:
        """Return a warning for each list with stale revisions. ``pages``, ``recompressed``: files of this build."""
        found: list[Finding] = []
        for path in self.output.service_workers:
            with crash_guard(found, Page(path=path), "this list of a service worker was not checked"):
                found += self._of_list(path, pages, recompressed)
        return found

    def _of_list(self, path: str, pages: Collection[str], recompressed: Collection[str]) -> Iterator[Finding]:
        try:
            text = self.output.begins(path, _MAX_BYTES).decode("utf-8", "replace")
        except OSError:
            return
        stale = list(self._stale(path, text, pages, recompressed))
        if stale:
            more = f" and {len(stale) - 1} more" if len(stale) > 1 else ""
            yield Finding(
                rule=RULE,
                severity=Severity.WARN,
                message=f"{path} lists {stale[0]}{more} with the hash of the file before this build: browsers keep "
                "the former file, or refuse the new one",
                location=Location(page=path),
                hint="run the tool that writes the list (workbox, ngsw-config) after imageseo",
            )

    def _stale(self, path: str, text: str, pages: Collection[str], recompressed: Collection[str]) -> Iterator[str]:
        """Yield each listed file that has changed, with a revision that is not the hash of its present bytes."""
        entries = _entries(path, text)
        shared = Counter(entries.values())
        for url, revision in entries.items():
            resolved = urls.resolve(url, page=path, base_url=self.base_url)
            name = resolved if isinstance(resolved, str) else "" if url.strip("./") == "" else None
            file = next((each for each in _files(name, url) if each in pages or each in recompressed), None)
            if file is None or not _HASH.fullmatch(revision):
                continue
            try:
                data = self.output.read(file)
            except OSError:
                continue
            source = edits.strip(data) if file in pages else None
            if source == data or _is_hash(revision, data):
                continue
            # One revision for several files is the number of a build, unless it is the hash of equal files.
            if shared[revision] == 1 or (source is not None and _is_hash(revision, source)):
                yield file


def _files(name: str | None, url: str) -> tuple[str, ...]:
    """Return the files that a URL may name."""
    if name is None:
        return ()
    return (f"{name}/index.html".lstrip("/"),) if not name or url.endswith("/") else (name, f"{name}/index.html")


def _is_hash(revision: str, data: bytes) -> bool:
    return any(hashlib.new(name, data).hexdigest().startswith(revision.lower()) for name in _ALGORITHMS)


def _entries(path: str, text: str) -> Mapping[str, str]:
    """Return URL -> revision."""
    if path.endswith(".json"):
        try:
            table = json.loads(text)
        except (ValueError, RecursionError):  # nested too deeply
            return {}
        table = table.get("hashTable") if isinstance(table, dict) else None
        return {url: value for url, value in table.items() if isinstance(value, str)} if isinstance(table, dict) else {}
    found = {match[1]: match[2] for match in _PAIR.finditer(text)}
    if "revision" in text:
        for entry in _OBJECT.findall(text):
            url, revision = _URL.search(entry), _REVISION.search(entry)
            if url is not None and revision is not None:
                found[url[1]] = revision[1]
    return found
