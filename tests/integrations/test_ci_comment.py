"""The comment that the workflows of ``init --ci`` post: one for each id, updated in place, no reason to fail."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from imageseo.cli.commands import init as commands
from imageseo.integrations.setup import ci_github
from imageseo.integrations.setup.ci_job import comment_script, indented
from imageseo.pipeline.comparison import markdown
from imageseo.pipeline.comparison.changes import compare
from tests.support.comment_api import CommentApi, serve
from tests.support.site_reports import finding, picture, report
from tests.support.small_sites import write

MKDOCS = {"mkdocs.yml": "site_name: A\n", "docs/index.md": "# A\n"}
MARKER = "<!-- imageseo:images -->"
TEXT = f"{MARKER}\n## Images in this change\n\n**1 added**\n"
ROOT = Path(__file__).parents[2]

needs_shell = pytest.mark.skipif(os.name == "nt", reason="runs the lines of a job with a shell")

Posting = Callable[..., str]


def steps(folder: Path) -> list[dict[str, Any]]:
    """Return the steps of the workflow that `init` writes for a project of MkDocs."""
    commands.init(write(folder, MKDOCS), ci_host="github")
    text = (folder / ".github/workflows/imageseo.yml").read_text("utf-8")
    found: list[dict[str, Any]] = yaml.safe_load(text)["jobs"]["images"]["steps"]
    return found


@pytest.fixture
def api() -> Iterator[CommentApi]:
    with serve(CommentApi()) as running:
        yield running


@pytest.fixture
def posting(
    api: CommentApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Posting:
    """Runs the script of the workflow's step as the runner does, and returns what it prints."""
    (step,) = (each for each in steps(tmp_path) if each.get("name") == "Comment")
    assert step["shell"] == "python"
    assert set(step["env"]) == {"TOKEN", "NUMBER"}
    script = tmp_path / "step.py"
    script.write_text(step["run"], "utf-8")
    monkeypatch.chdir(tmp_path)

    def run(text: str = TEXT, **environment: str) -> str:
        (tmp_path / "imageseo-report.md").write_text(text, "utf-8")
        given = {
            "GITHUB_API_URL": api.url,
            "GITHUB_REPOSITORY": "acme/site",
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            "TOKEN": "token",
            "NUMBER": "7",
            "PAUSE": "0",
            "no_proxy": "127.0.0.1",
            **environment,
        }
        with monkeypatch.context() as patched:
            for name in ("GITLAB_CI", "GITHUB_STEP_SUMMARY"):
                patched.delenv(name, raising=False)
            for name, value in given.items():
                patched.setenv(name, value)
            runpy.run_path(str(script), run_name="__main__")
        return capsys.readouterr().out

    return run


def summary(folder: Path) -> str:
    return (folder / "summary.md").read_text("utf-8") if (folder / "summary.md").exists() else ""


def test_one_comment_is_posted_and_then_updated(api: CommentApi, posting: Posting, tmp_path: Path) -> None:
    api.add("a comment of somebody")
    api.add(f"> {MARKER}\n> a quotation of it")
    assert "posted" in posting()
    assert "updated" in posting(TEXT.replace("1 added", "2 added"))
    assert [each["author"] for each in api.comments] == ["somebody", "somebody", "github-actions[bot]"]
    assert "2 added" in api.comments[-1]["body"]
    assert api.asked[-1] == "PATCH /repos/acme/site/issues/comments/3"
    assert summary(tmp_path) == ""


def test_the_comment_is_found_by_its_marker_whoever_wrote_it(api: CommentApi, posting: Posting) -> None:
    """A custom token has another author than the one of the first run (danger-js#1347)."""
    api.authors = {"token": "github-actions[bot]", "custom": "acme-bot"}
    posting()
    posting(TEXT.replace("1", "2"), TOKEN="custom")
    assert [(each["author"], "2 added" in each["body"]) for each in api.comments] == [("github-actions[bot]", True)]


def test_two_jobs_with_two_ids_have_two_comments(api: CommentApi, posting: Posting) -> None:
    for _ in range(2):
        for name in ("images", "docs"):
            posting(TEXT.replace(MARKER, markdown.marker(name)))
    assert [each["body"].splitlines()[0] for each in api.comments] == [MARKER, "<!-- imageseo:docs -->"]


def test_an_id_that_begins_like_another_one_is_not_mistaken(api: CommentApi, posting: Posting) -> None:
    posting(TEXT.replace(MARKER, markdown.marker("images-2")))
    posting()
    assert len(api.comments) == 2


def test_the_comment_is_found_on_a_later_page(api: CommentApi, posting: Posting) -> None:
    for number in range(230):
        api.add(TEXT if number == 210 else "no")
    assert "updated" in posting()
    assert len(api.comments) == 230
    assert [each for each in api.asked if each.startswith("GET")] == [
        f"GET /repos/acme/site/issues/7/comments?per_page=100&page={page}" for page in (1, 2, 3)
    ]


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_token_that_may_only_read_gives_a_job_summary(
    status: int, method: str, api: CommentApi, posting: Posting, tmp_path: Path
) -> None:
    """As in a pull request from a fork: the job does not fail for the comment (size-limit-action#22)."""
    api.refuse[method] = [status]
    told = posting()
    assert told.startswith(f"::warning title=imageseo::the comment cannot be posted ({status} ")
    assert summary(tmp_path) == TEXT
    assert api.comments == []
    assert len(api.asked) <= 2, "it is not asked again and again"


def test_a_comment_that_may_not_be_changed_or_is_gone_is_replaced(api: CommentApi, posting: Posting) -> None:
    for status in (403, 404):
        api.comments.clear()
        api.add(TEXT, "somebody")
        api.refuse["PATCH"] = [status]
        assert "posted" in posting()
        assert [each["author"] for each in api.comments] == ["somebody", "github-actions[bot]"]


def test_a_text_that_is_refused_is_in_the_summary(api: CommentApi, posting: Posting, tmp_path: Path) -> None:
    long = TEXT + "x" * 70_000
    assert "(422 " in posting(long)
    assert summary(tmp_path) == long


def test_a_comparison_with_5000_findings_is_posted(api: CommentApi, posting: Posting, tmp_path: Path) -> None:
    many = [finding(f"{'x' * 400} {number}", page=f"{number}.html", image=f"{number}.jpg") for number in range(5000)]
    text = markdown.render(compare(report(), report([picture("a.jpg")], findings=many)), name="images")
    assert "posted" in posting(text)
    assert api.comments[0]["body"] == text
    assert summary(tmp_path) == ""


def test_a_server_that_fails_is_asked_again(api: CommentApi, posting: Posting, tmp_path: Path) -> None:
    api.refuse["POST"] = [502, 200]
    assert "posted" in posting()
    assert len(api.comments) == 1
    api.refuse["PATCH"] = [500]
    assert "(500 " in posting()
    assert summary(tmp_path) == TEXT
    assert "cannot be posted (" in posting(GITHUB_API_URL="http://127.0.0.1:9")
    assert "no token" in posting(TOKEN="")


def test_nothing_is_posted_where_nothing_changes(api: CommentApi, posting: Posting) -> None:
    """But a comment about an earlier state is updated."""
    same = markdown.render(compare(report(), report()), name="images")
    assert "no comment" in posting(same)
    assert api.comments == []
    posting()
    posting(same)
    assert [each["body"] for each in api.comments] == [same]


@needs_shell
def test_merge_requests_of_gitlab_have_one_note(api: CommentApi, tmp_path: Path) -> None:
    """The lines of the job, run by a shell; `imageseo` is a stub."""
    commands.init(write(tmp_path / "project", MKDOCS), ci_host="gitlab")
    job = yaml.safe_load((tmp_path / "project/.gitlab-ci.yml").read_text("utf-8"))["images"]
    lines = job["after_script"][0]
    stub = tmp_path / "bin/imageseo"
    write(
        tmp_path,
        {"bin/imageseo": f'#!/bin/sh\nprintf "{TEXT}" > imageseo-report.md\n', "project/imageseo-base.json": ""},
    )
    stub.chmod(0o755)
    environment = {
        "PATH": f"{stub.parent}:{os.environ['PATH']}",
        "GITLAB_CI": "true",
        "CI_API_V4_URL": f"{api.url}/api/v4",
        "CI_MERGE_REQUEST_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_IID": "7",
        "no_proxy": "127.0.0.1",
    }

    def run(token: str) -> str:
        more = {**environment, "IMAGESEO_TOKEN": token}
        done = subprocess.run(
            ["sh", "-c", lines], cwd=tmp_path / "project", env=more, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert "posted" in run("token")
    assert "updated" in run("token")
    assert len(api.comments) == 1
    assert api.asked[-1] == "PUT /api/v4/projects/42/merge_requests/7/notes/1"
    alone = run("")
    assert "no token" in alone
    assert TEXT in alone, "without a token the text is in the log of the job"


@needs_shell
def test_the_workflow_compares_with_the_commit_before_the_change(tmp_path: Path) -> None:
    """The step that builds the former commit, run by bash in a repository; the generator and imageseo are stubs."""
    found = {each["name"]: each for each in steps(tmp_path / "work") if "name" in each}
    step = next(step for name, step in found.items() if name.startswith("Build the site before"))
    stubs = {
        "bin/mkdocs": '#!/bin/sh\nmkdir -p site && cp docs/index.md site/\necho "$IMAGESEO_CACHE_DIR" > site/cache\n',
        "bin/imageseo": '#!/bin/sh\necho "$@" > "$6"\ncat "$2/index.md" >> "$6"\n',
    }
    write(tmp_path, stubs)
    for name in stubs:
        (tmp_path / name).chmod(0o755)
    script = (
        "git init -q && git add docs mkdocs.yml && git commit -qm 1 && echo new > docs/index.md && git commit -qam 2"
    )
    who = {f"GIT_{role}_{what}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {
        **os.environ,
        **who,
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_WORKSPACE": str(tmp_path / "work"),
    }
    for text in (script, step["run"]):
        subprocess.run(["bash", "-e", "-c", text], cwd=tmp_path / "work", env=environment, check=True)
    told = (tmp_path / "work/imageseo-base.json").read_text("utf-8")
    assert told == f"report site --format json --output {tmp_path / 'work/imageseo-base.json'}\n# A\n"
    assert step["continue-on-error"] is True


def test_no_workflow_gives_a_token_to_the_code_of_a_fork(tmp_path: Path) -> None:
    commands.init(write(tmp_path, MKDOCS), ci_host="github")
    text = (tmp_path / ".github/workflows/imageseo.yml").read_text("utf-8")
    triggers = yaml.safe_load(text)[True]  # YAML 1.1 reads `on` as true
    assert set(triggers) == {"push", "pull_request"}
    second = ci_github.fork_workflow()
    loaded = yaml.safe_load(second)
    assert set(loaded[True]) == {"workflow_run"}
    used = [each.get("uses", "") for each in loaded["jobs"]["comment"]["steps"]]
    assert [name.partition("@")[0] for name in used if name] == ["actions/download-artifact"], "nothing is checked out"
    for each in (text, second):
        assert "${{" not in "".join(re.findall(r"        run: \|\n((?: {10}.*\n|\n)+)", each)), "no injection"
    assert comment_script() == loaded["jobs"]["comment"]["steps"][-1]["run"]


def test_the_second_workflow_finds_the_pull_request_of_a_fork(
    api: CommentApi, posting: Posting, tmp_path: Path
) -> None:
    api.pulls = [
        {"number": number, "head": {"sha": sha, "label": label}}
        for number, sha, label in ((5, "old", "fork:topic"), (7, "abc", "fork:topic"), (9, "abc", "other:topic"))
    ]
    assert "posted" in posting(NUMBER="", HEAD="fork:topic", SHA="abc")
    assert api.asked[0] == "GET /repos/acme/site/pulls?head=fork%3Atopic&state=open"
    assert api.asked[-1] == "POST /repos/acme/site/issues/7/comments"
    assert "cannot be posted (" in posting(NUMBER="", HEAD="fork:gone", SHA="abc")
    assert summary(tmp_path) == TEXT


def test_the_manual_shows_the_second_workflow() -> None:
    manual = (ROOT / "site_example/docs/how-to/pull-requests.md").read_text("utf-8")
    assert indented(ci_github.fork_workflow(), 4) in manual
