"""A project in a temporary folder, and our own commands run on it in this process."""

from __future__ import annotations

import contextlib
import io
import os
import re
import resource
import shutil
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MAX_RSS = 1 << 30  # bytes
MAX_SECONDS = 20.0
_CRASH = re.compile(r"Traceback \(most recent|internal error|the rule crashed|imageseo crashed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command did. ``code``: its exit code. ``seconds``: of this process's CPU, or a tenth of the wall time.

    A machine may be busy with other things: only what takes far longer than that is a hang.
    """

    code: int
    text: str
    seconds: float

    @property
    def fault(self) -> str | None:
        """What must not happen, whatever the input: the name of the property and the lines that show it."""
        crash = _CRASH.search(self.text)
        if crash is not None:
            return f"crash: {_around(self.text, crash.start())}"
        if self.code not in (0, 1, 2):
            return f"exit-code: {self.code}: {self.text[-300:]}"
        if self.code == 2 and not self.text.strip():
            return "exit-code: 2 without a message"
        return None


class Project:
    """A folder with pictures, settings and a store that stays, so that files are encoded once."""

    def __init__(self, folder: Path, files: Mapping[str, bytes]) -> None:
        self.folder = folder
        self._kept = dict(files)
        self.reset({})

    def reset(self, files: Mapping[str, bytes]) -> None:
        """Write these files besides those that stay; nothing else of an earlier run is left but the store."""
        for each in self.folder.iterdir() if self.folder.is_dir() else ():
            if each.name == ".cache":
                shutil.rmtree(each / "imageseo" / "state", ignore_errors=True)
            elif each.is_dir():
                shutil.rmtree(each)
            else:
                each.unlink()
        for name, data in {**self._kept, **files}.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def contents(self, folder: str = "site") -> dict[str, bytes]:
        """Return all files of a folder, by name."""
        root = self.folder / folder
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    def run(self, *words: str) -> Outcome:
        """Run ``imageseo`` with these arguments, as the program does, in this process."""
        from imageseo.cli import main

        text = io.StringIO()
        began, used = time.perf_counter(), time.process_time()
        with _in_folder(self.folder), contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
            code = _exit_code(main.cli, words)
        seconds = max(time.process_time() - used, (time.perf_counter() - began) / 10)
        return Outcome(code=code, text=text.getvalue(), seconds=seconds)


def peak_memory() -> int:
    """Return the most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _exit_code(command: object, words: tuple[str, ...]) -> int:
    import click

    from imageseo.model.errors import ImageseoError

    assert isinstance(command, click.Command)
    try:
        return int(command.main(list(words), standalone_mode=False, prog_name="imageseo") or 0)
    except click.ClickException as error:
        error.show()
        return 2
    except ImageseoError as error:
        click.echo(str(error), err=True)
        return error.exit_code
    except Exception:
        click.echo(f"internal error\n{traceback.format_exc()}", err=True)
        return 3


@contextlib.contextmanager
def _in_folder(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _around(text: str, at: int) -> str:
    return text[max(0, at - 300) : at + 1500]
