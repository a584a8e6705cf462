"""What an integration must do to be found by `lint` and `generate`, which run without a build."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from imageseo.integrations.detection import hints_fault, integration_of
from imageseo.model.errors import ImageseoError
from imageseo.model.protocols import GeneratorProject, Integration
from imageseo.testing.requirement import Requirement, need

_OTHER_FILES = ("imageseo.toml", "package.json", "README.md", "notes.txt")
_KEYS = ("hero", "image")


@dataclass(frozen=True, slots=True)
class IntegrationChecks:
    """The requirements, as methods. ``config``: the configuration file of a small project; None: there is none."""

    name: str
    module: ModuleType
    config: Path | None

    @property
    def integration(self) -> Integration:
        return integration_of(self.name, self.module, "")

    def declarations(self) -> None:
        """The attributes of Integration are there; its files are names below the project's folder."""
        for file in self.integration.files:
            inside = not Path(file).is_absolute() and ".." not in Path(file).parts
            need(inside, f"files has {file!r}, which is not below the current folder")

    def other_files(self) -> None:
        """Files of other programs are not recognised, and raise nothing."""
        with tempfile.TemporaryDirectory() as folder:
            for name in set(_OTHER_FILES) - set(self.integration.files):
                path = Path(folder, name)
                path.write_text("", "utf-8")
                need(self.integration.recognises(path) is False, f"recognises() is not False for {name}")

    def missing_package(self) -> None:
        """missing() returns the name of a package, or an empty text."""
        with tempfile.TemporaryDirectory() as folder:
            for name in self.integration.files:
                found = self.integration.missing(Path(folder, name))
                need(isinstance(found, str), f"missing() returned {found!r}, not a text")

    def broken_configuration(self) -> None:
        """A configuration file that cannot be read is an error for the user, with its name."""
        for data in (b"\x00\xff\xfe{", b"{{{: [\n'"):
            with tempfile.TemporaryDirectory() as folder:
                # The generator of the example: another one of the same integration may not load beside it.
                path = Path(folder, self.integration.files[0] if self.config is None else self.config.name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                if self.integration.missing(path):
                    return  # its generator is not installed here
                try:
                    self.integration.load(path)
                except ImageseoError as error:
                    need(path.name in str(error), f"the error does not name the file: {error}")
                else:
                    need(False, f"load() accepts a file of {data!r}")

    def project(self) -> None:
        """A project is read: where its sources are, and every page with its hints, the same each time."""
        if self.config is None:
            return
        need(self.integration.recognises(self.config) is True, f"recognises() is not True for {self.config.name}")
        need(not self.integration.missing(self.config), f"{self.integration.missing(self.config)} is not installed")
        project = self.integration.load(self.config)
        need(isinstance(project, GeneratorProject), f"load() returned {type(project).__name__}")
        need(project.name, "the generator has no name")
        need(project.source.is_dir(), f"source is {project.source}, which is no folder")
        folder = self.config.resolve().parent
        found, again = (
            (each.load(self.config)).read(project=folder, keys=_KEYS, root=None) for each in (self.integration,) * 2
        )
        need(isinstance(found, Mapping) and found, f"read() returned {found!r}, no page")
        need(found == again, "read() returns other hints when it is called again")
        for page, hints in found.items():
            fault = hints_fault(page, hints)
            need(fault is None, f"read() returned wrong hints: {fault}")
            need(
                page.endswith((".html", ".htm")) and not page.startswith("/"), f"{page!r} is no file of the built site"
            )
            source = hints.source
            is_file = source is None or (not source.is_absolute() and (folder / source).is_file())
            need(is_file, f"{page}: the source {source!r} is no file of the project, relative to it")


def requirements(name: str, module: ModuleType, example: Path | None = None) -> Sequence[Requirement]:
    """Return what an integration must do. ``example``: the configuration file of a small project."""
    checks = IntegrationChecks(name, module, example)
    each: tuple[Callable[[], None], ...] = (
        *(checks.declarations, checks.other_files, checks.missing_package, checks.broken_configuration),
        checks.project,
    )
    return [Requirement(check.__name__, check) for check in each]
