"""--quiet, --verbose, colours, `lint --fail-on` and `--open`, and shell completion."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from imageseo.cli import main, output
from tests.support.small_sites import write


class Ran(NamedTuple):
    """A finished command."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in a folder with a page that has an error, a warning and a note."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMAGESEO_DEBUG", "0")
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "")  # restored after the test, whatever a command sets
    page = (
        '<title>T</title><article><h1>T</h1><img src="data:image/png;base64,AA" alt="{}"><img src="gone.png"></article>'
    )
    write(tmp_path, {"public/index.html": page.format("a" * 130)})

    def call(*words: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["imageseo", *words])
        with pytest.raises(SystemExit) as exited:
            main.main()
        read = capsys.readouterr()
        return Ran(int(exited.value.code or 0), read.out, read.err)

    return call


LINT = ("lint", "public", "--select", "alt-missing,alt-length")


def test_quiet_and_verbose_stand_before_or_after_the_command(run: Run) -> None:
    usual = run(*LINT)
    assert {"error alt-missing", "info alt-length"} <= {
        " ".join(line.split()[1:3])[:-1] for line in usual.out.split("\n  ")
    }
    for words in (("-q", *LINT), (*LINT, "--quiet"), ("--quiet", *LINT, "-q")):
        quiet = run(*words)
        assert (quiet.code, quiet.err) == (1, ""), words
        assert "alt-missing" in quiet.out
        assert "alt-length" not in quiet.out
        assert "lint:" not in quiet.out
    for words in (("-v", *LINT), (*LINT, "--verbose")):
        verbose = run(*words)
        assert "project: " in verbose.err
        assert "took " in verbose.err
    for words in (("-q", *LINT, "-v"), (*LINT, "-q", "-v")):
        assert run(*words).code == 2, words


def test_quiet_without_findings_prints_nothing_and_errors_are_printed(run: Run, tmp_path: Path) -> None:
    assert run("-q", "lint", "public", "--select", "map-invalid") == (0, "", "")
    assert run("lint", "gone", "-q").err.startswith("imageseo: Site: gone: expected a folder")
    assert '"findings"' in run("-q", *LINT, "--format", "json").out, "a format for programs is complete"
    for words in (("-q", "cache", "info"), ("cache", "-q", "info"), ("cache", "info", "-q")):
        assert run(*words).code == 0, words


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("env", "on_terminal", "in_pipe"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "dumb", "FORCE_COLOR": "3"}, True, True),
    ],
)
def test_colours_by_environment(
    env: dict[str, str], on_terminal: bool, in_pipe: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert (output.use_color(Terminal()), output.use_color(io.StringIO())) == (on_terminal, in_pipe)


def test_no_color_stands_before_or_after_the_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run(*LINT).out
    for words in (("--no-color", *LINT), (*LINT, "--no-color")):
        monkeypatch.setenv("NO_COLOR", "")
        assert "\x1b[" not in run(*words).out, words
    assert "\x1b[" not in run(*LINT, "--format", "json").out


def test_fail_on_of_the_command_line_wins_over_the_setting(run: Run, tmp_path: Path) -> None:
    note = ("lint", "public", "--select", "alt-length")
    assert [run(*note, "--fail-on", level).code for level in ("error", "warn", "info", "never")] == [0, 0, 1, 0]
    write(tmp_path, {"imageseo.toml": 'lint.fail_on = "info"\n'})
    assert run(*note).code == 1
    assert run(*note, "--fail-on", "never").code == 0
    assert run(*LINT, "--fail-on", "never").code == 0
    assert run(*LINT, "--fail-on", "fatal").code == 2


def test_open_shows_the_html_report(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def show(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", show)
    hidden = run(*LINT, "--open")
    assert (hidden.code, opened) == (1, []), "no display: no browser, and the same exit code"
    path = Path(hidden.err.strip().rpartition("the report is ")[2])
    assert "<!doctype html>" in path.read_text("utf-8").lower()
    shutil.rmtree(path.parent)
    monkeypatch.setenv("DISPLAY", ":0")
    assert run(*LINT, "--format", "html", "--output", "r.html", "--open").code == 1
    assert opened == [(tmp_path / "r.html").as_uri()]
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    failed = run(*LINT, "--format", "html", "--output", "r.html", "--open")
    assert "no browser could be opened; the report is r.html" in failed.err
    assert run(*LINT, "--diff", "--open").code == 2


def test_completion_prints_the_script_of_a_shell(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert f"_IMAGESEO_COMPLETE={shell}_complete" in run("completion", shell).out
    monkeypatch.setenv("SHELL", "/usr/bin/fish")
    assert "fish_complete" in run("completion").out
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    assert "name a shell: bash, zsh, fish; $SHELL is tcsh" in run("completion").err


def test_completion_completes_commands_and_options(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_IMAGESEO_COMPLETE", "bash_complete")
    for words, number, expected in (("imageseo li", 1, "plain,lint"), ("imageseo lint --fail", 2, "plain,--fail-on")):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(number))
        assert run().out.split() == [expected]


def test_completion_is_installed_once_and_clobbers_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "ZDOTDIR"):
        monkeypatch.delenv(name, raising=False)
    (home / "dotfiles").write_bytes(b"alias a=b # \xff")
    (home / ".bashrc").symlink_to(home / "dotfiles")
    (home / ".zshrc").write_text("autoload compinit\n# imageseo completion is not loaded here\n", "utf-8")
    for shell, startup in (("bash", ".bashrc"), ("zsh", ".zshrc"), ("fish", None)):
        before = (home / startup).read_bytes() if startup else b""
        first = run("completion", shell, "--install")
        assert first.code == 0, first.err
        files = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
        again = run("completion", shell, "--install")
        assert "unchanged" in again.out
        assert files == {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}, shell
        if startup:
            after = (home / startup).read_bytes()
            assert after.startswith(before)
            assert after.count(b"# imageseo completion\n") == 1
            assert f"{home / startup}: one line added" in first.out
    assert (home / ".bashrc").is_symlink()
    assert (home / ".local/share/imageseo/completion.zsh").read_text("utf-8").startswith("#compdef imageseo\n")


def test_completion_does_not_replace_a_file_of_others(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    own = tmp_path / "config/fish/completions/imageseo.fish"
    write(tmp_path, {"config/fish/completions/imageseo.fish": "mine\n"})
    refused = run("completion", "fish", "--install")
    assert (refused.code, own.read_text("utf-8")) == (2, "mine\n")
    assert "is not by imageseo" in refused.err
    (tmp_path / ".bashrc").mkdir()
    failed = run("completion", "bash", "--install")
    assert failed.code == 2
    assert ".bashrc" in failed.err


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_installed_line_is_valid_in_bash(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "my home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert run("completion", "bash", "--install").code == 0
    command = ["bash", "--norc", "-ec", ". ~/.bashrc; complete -p imageseo"]
    shown = subprocess.run(command, env={**os.environ}, capture_output=True, text=True, check=False, timeout=20)
    assert "_imageseo_completion" in shown.stdout, shown.stderr


def test_every_command_takes_the_options(run: Run) -> None:
    def leaves(command: click.Command) -> list[click.Command]:
        children = command.commands.values() if isinstance(command, click.Group) else ()
        return [command, *(leaf for child in children for leaf in leaves(child))]

    for command in leaves(main.cli):
        names = [name for param in command.params for name in param.opts]
        assert {"-q", "-v", "--no-color"} <= set(names), command.name
        assert len(names) == len(set(names)), command.name
