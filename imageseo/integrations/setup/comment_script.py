"""Posts imageseo-report.md as one comment of a pull or merge request, or updates it. Needs Python, nothing else."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

ENV = os.environ
REPORT = ENV.get("REPORT", "imageseo-report.md")
REFUSED = {401, 403, 404, 422}  # a token that may only read, as in a pull request from a fork; a text that is too long


def address() -> tuple[str, str, str]:
    """Return the address of the comments, that of one comment, and how it is changed."""
    if "GITLAB_CI" in ENV:
        request = f"{ENV['CI_MERGE_REQUEST_PROJECT_ID']}/merge_requests/{ENV['CI_MERGE_REQUEST_IID']}"
        notes = f"{ENV['CI_API_V4_URL']}/projects/{request}/notes"
        return notes, notes, "PUT"
    repository = f"{ENV['GITHUB_API_URL']}/repos/{ENV['GITHUB_REPOSITORY']}"
    number = ENV.get("NUMBER") or number_of(f"{repository}/pulls")
    return f"{repository}/issues/{number}/comments", f"{repository}/issues/comments", "PATCH"


def number_of(pulls: str) -> int:
    """Return the number of the open pull request of a commit, for a workflow that runs after that of a fork."""
    query = urllib.parse.urlencode({"head": ENV["HEAD"], "state": "open"})
    found = ask("GET", f"{pulls}?{query}")
    return next(int(each["number"]) for each in found if each["head"]["sha"] == ENV["SHA"])


def ask(method: str, url: str, body: str | None = None) -> Any:
    token = ENV.get("TOKEN", "")
    key = {"PRIVATE-TOKEN": token} if "GITLAB_CI" in ENV else {"Authorization": f"Bearer {token}"}
    headers = {"Content-Type": "application/json", "User-Agent": "imageseo", **key}
    data = None if body is None else json.dumps({"body": body}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=30) as answer:
        return json.load(answer)


def ours(url: str, marker: str) -> list[dict[str, Any]]:
    """Return the comments that begin with the marker, whoever wrote them: another token may have another author."""
    found: list[dict[str, Any]] = []
    page = 1
    while True:
        comments = ask("GET", f"{url}?per_page=100&page={page}")
        found += [each for each in comments if (each.get("body") or "").startswith(marker)]
        if len(comments) < 100:
            return found
        page += 1


def post(text: str) -> str:
    url, one, method = address()
    comments = ours(url, text.partition("\n")[0])
    for comment in comments:
        try:
            ask(method, f"{one}/{comment['id']}", text)
            return "the comment is updated"
        except urllib.error.HTTPError as error:
            if error.code not in (403, 404):  # it may not be changed, or was deleted: another one may do
                raise
    if "\nNothing changes: " in text and not comments:
        return "nothing changes: no comment"
    ask("POST", url, text)
    return "the comment is posted"


def main() -> None:
    """Post or show the comment. The job never fails for it: findings decide that."""
    text = Path(REPORT).read_text("utf-8")
    why = "there is no token for comments"
    for pause in (1, 3, 0) if ENV.get("TOKEN") else ():
        try:
            print(f"imageseo: {post(text)}")
            return
        except urllib.error.HTTPError as error:
            why = f"{error.code} {error.reason}"
            if error.code in REFUSED:
                break
        except Exception as error:  # no network, or a server that answers anything
            why = f"{type(error).__name__}: {error}"
        time.sleep(pause * float(ENV.get("PAUSE", "1")))
    print(f"{'' if 'GITLAB_CI' in ENV else '::warning title=imageseo::'}the comment cannot be posted ({why})")
    if ENV.get("GITHUB_STEP_SUMMARY"):
        with Path(ENV["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as file:
            file.write(text)
    else:
        print(text)


if __name__ == "__main__":
    main()
