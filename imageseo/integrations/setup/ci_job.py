"""What a CI job runs for a project, for the workflows of all hosts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FIRST = (
    "# Builds the site with its images, keeps the encoded variants between runs, shows what lint finds,\n"
    "# and comments what a change does to the images."
)
REPORT = "imageseo-report.md"
BASE = "imageseo-base.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class CiJob:
    """The commands of a job, in their order, each as a line of a shell.

    ``tools``: install what the generator needs besides Python; ``python``: installs imageseo and the project's
    requirements; ``build``: the generator's command; ``after``: imageseo's, if the generator does not run it.
    ``output``: the built site; ``cache_folder``: that of imageseo; ``image``: container of a GitLab job that builds
    without Python; ``has_modules``: the repository has submodules.
    """

    tools: tuple[str, ...]
    python: str
    build: tuple[str, ...]
    after: tuple[str, ...]
    output: str
    cache_folder: str
    image: str
    has_modules: bool

    @property
    def rebuild(self) -> tuple[str, ...]:
        """The commands that build another commit, where everything for Python is installed already."""
        return (*(line for line in self.tools if not line.startswith("pip ")), *self.build, *self.after)

    @property
    def base_report(self) -> str:
        """Write the report that later changes are compared with."""
        return f"imageseo report {self.output} --format json --output"

    @property
    def comparison(self) -> str:
        return f"imageseo report {self.output} --against {BASE} --id images --output {REPORT}"


@cache
def comment_script() -> str:
    """Return the program that posts the comment; it runs where imageseo is not installed."""
    return Path(__file__).with_name("comment_script.py").read_text("utf-8")


def indented(text: str, spaces: int) -> str:
    """Return a text with spaces before each line that is not empty."""
    return "".join(f"{' ' * spaces}{line}" if line.strip() else line for line in text.splitlines(keepends=True))


def lines(commands: Iterable[str], spaces: int) -> str:
    """Return commands as lines of a block in YAML."""
    return "".join(f"{' ' * spaces}{command}\n" for command in commands)


def quoted(line: str) -> str:
    """Return a command as a YAML scalar."""
    plain = line[:1] not in "\"'[]{}&*!|>%@`#-?:," and ": " not in line and " #" not in line
    return line if plain else "'" + line.replace("'", "''") + "'"
