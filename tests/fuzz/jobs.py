"""What must hold for pages, images and other files, whatever is in them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from imageseo.pipeline.safe_markup.same_page import is_same_page
from imageseo.web.html.edits import strip
from tests.fuzz.dom import Doms
from tests.fuzz.images import images, seeds
from tests.fuzz.inputs import COMMANDS, FILES, inputs
from tests.fuzz.pages import PICTURES, pages
from tests.fuzz.project import MAX_RSS, MAX_SECONDS, Project, peak_memory

_SETTINGS = b"""site_url = "https://example.org/"
formats = ["webp"]
widths = [48, 64]
profile = "fast"
"""
_BUILD = ("build", "site", "--format", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A property that does not hold. ``name``: of the input; None if the whole batch shows it."""

    fault: str
    name: str | None = None

    @property
    def property(self) -> str:
        return self.fault.partition(":")[0]


class Job(Protocol):
    """One kind of input. ``batch`` is deterministic by its generator; ``failures`` checks what it returned."""

    def batch(self, rnd: random.Random) -> dict[str, bytes]: ...

    def failures(self, files: Mapping[str, bytes]) -> list[Failure]: ...


class _BuildJob:
    """Builds a site twice, and lints it."""

    def __init__(self, folder: Path) -> None:
        pictures = {name: _picture(name) for name in PICTURES}
        files = {f"site/{name}": data for name, data in pictures.items()}
        self.project = Project(folder, {"imageseo.toml": _SETTINGS, **files})

    def build(self, files: Mapping[str, bytes]) -> tuple[list[Failure], dict[str, bytes]]:
        """Return what fails of two builds and a lint, and the files after the first build."""
        self.project.reset(files)
        found: list[Failure] = []
        built: dict[str, bytes] = {}
        for number, words in enumerate((_BUILD, _BUILD, ("lint", *_BUILD[1:]))):
            outcome = self.project.run(*words)
            if outcome.fault is not None:
                found.append(Failure(fault=outcome.fault))
            elif outcome.code == 2:
                found.append(Failure(fault=f"exit-code: 2 for pages and images: {outcome.text[-300:]}"))
            if outcome.seconds > MAX_SECONDS + 0.2 * len(files):
                found.append(Failure(fault=f"slow: {outcome.seconds:.0f} s"))
            now = self.project.contents()
            if number == 0:
                built = now
            found += [
                Failure(fault="second-build: other bytes", name=f"site/{name}")
                for name in sorted(built.keys() | now.keys())
                if built.get(name) != now.get(name)
            ]
        if peak_memory() > MAX_RSS:
            found.append(Failure(fault=f"memory: {peak_memory() >> 20} MiB"))
        return found, built


class PageJob(_BuildJob):
    """Pages: nothing crashes, our marks can be taken out again, and a browser builds the same page."""

    def __init__(
        self, folder: Path, *, real: Sequence[bytes] = (), browser: Doms | None = None, size: int = 100
    ) -> None:
        super().__init__(folder)
        self.changed = 0
        self._real = real
        self._browser = browser
        self._size = size
        self._built: list[bytes] = []  # of the batch before

    def batch(self, rnd: random.Random) -> dict[str, bytes]:
        return {f"site/p{i:03}.html": data for i, data in enumerate(pages(rnd, self._size, self._real, self._built))}

    def failures(self, files: Mapping[str, bytes]) -> list[Failure]:
        found, built = self.build(files)
        after = {name: built[name.removeprefix("site/")] for name in files}
        self._built = [after[name] for name in sorted(after) if after[name] != files[name]]
        pairs = {name: (strip(files[name]), after[name]) for name in sorted(files) if after[name] != files[name]}
        self.changed += len(pairs)
        for name, (before, page) in pairs.items():
            if strip(page) != before:
                found.append(Failure(fault="strip: the page without our marks is another one", name=name))
            if not is_same_page(before, page):
                found.append(Failure(fault="tree: a parser builds another page", name=name))
        if self._browser is not None:
            differences = self._browser.differences(list(pairs.values()))
            found += [
                Failure(fault=f"dom: {difference}", name=name)
                for name, difference in zip(pairs, differences, strict=True)
                if difference is not None
            ]
        return found


class ImageJob(_BuildJob):
    """Images: nothing crashes, and the file of the author stays as it is."""

    def __init__(self, folder: Path, *, size: int = 40) -> None:
        super().__init__(folder)
        self._size = size

    def batch(self, rnd: random.Random) -> dict[str, bytes]:
        return {f"site/{name}": data for name, data in images(rnd, self._size).items()}

    def failures(self, files: Mapping[str, bytes]) -> list[Failure]:
        tags = "".join(f'<p><img src="{name.removeprefix("site/")}" alt=x></p>' for name in sorted(files))
        page = f"<!doctype html><title>T</title><main><h1>T</h1>{tags}</main>".encode()
        found, built = self.build({**files, "site/index.html": page})
        return found + [
            Failure(fault="source: the author's file has changed", name=name)
            for name, data in files.items()
            if built.get(name.removeprefix("site/")) != data
        ]


class InputJob:
    """Settings, lock, recipes, front matter, sitemaps, feeds: an answer by the rules from every command."""

    def __init__(self, folder: Path) -> None:
        self.project = Project(folder, {f"site/{name}": _picture(name) for name in PICTURES})
        self.project.reset({name: text.encode() for name, text in FILES.items()})
        self.project.run("generate", "--site", "site")
        self.made = {
            "imageseo.lock": (folder / "imageseo.lock").read_bytes(),
            **{f"heroes/{name}": data for name, data in self.project.contents("heroes").items()},
        }

    def batch(self, rnd: random.Random) -> dict[str, bytes]:
        return inputs(rnd, self.made)

    def failures(self, files: Mapping[str, bytes]) -> list[Failure]:
        self.project.reset(files)
        found = []
        for words in COMMANDS:
            outcome = self.project.run(*words)
            if outcome.fault is not None:
                found.append(Failure(fault=f"{outcome.fault} ({words[0]})"))
            if outcome.seconds > MAX_SECONDS:
                found.append(Failure(fault=f"slow: {outcome.seconds:.0f} s ({words[0]})"))
        if peak_memory() > MAX_RSS:
            found.append(Failure(fault=f"memory: {peak_memory() >> 20} MiB"))
        return found


def _picture(name: str) -> bytes:
    return seeds()[name.rpartition(".")[2]][0]
