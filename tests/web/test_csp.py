"""Content-Security-Policies of pages and of headers."""

from __future__ import annotations

import pytest

from imageseo.web import csp
from imageseo.web.response_headers import ROBOTS, SECURITY_POLICY, HeaderRules

TEXT = "p{color:red}"
HASH = csp.style_hash(TEXT)


@pytest.mark.parametrize(
    ("policy", "element", "attribute"),
    [
        ("default-src 'self'", False, False),
        ("script-src 'self'", True, True),
        ("style-src 'self' 'unsafe-inline'", True, True),
        ("default-src 'none'; style-src 'unsafe-inline'", True, True),
        ("style-src 'unsafe-inline' 'nonce-abc'", False, False),
        (f"style-src 'self' {HASH}", True, False),
        ("style-src-attr 'unsafe-inline'; style-src 'self'", False, True),
        ("style-src-elem 'unsafe-inline'; default-src 'self'", True, False),
        ("STYLE-SRC 'self'; style-src 'unsafe-inline'", False, False),
        ("style-src 'unsafe-inline', default-src 'self'", False, False),
        ("", True, True),
    ],
)
def test_inline_styles_follow_the_policy(policy: str, element: bool, attribute: bool) -> None:
    assert csp.allows_style_element([policy], TEXT) is element
    assert csp.allows_style_attribute([policy]) is attribute


def test_own_style_sheet_needs_self() -> None:
    assert csp.allows_own_style_sheet(["default-src 'self'"])
    assert csp.allows_own_style_sheet(["script-src 'none'"])
    assert not csp.allows_own_style_sheet(["style-src https://cdn.example"])


HEADERS = (
    "# comment\n/*\n  X-Frame-Options: DENY\n  Content-Security-Policy: default-src 'self'\n"
    "/blog/*\n  content-security-policy: style-src 'none'\n"
    "https://example.org/about\n  Content-Security-Policy: a\n  X-Robots-Tag: noindex\n"
)
NETLIFY = {
    "headers": [
        {"for": "/*", "values": {"X-Frame-Options": "DENY", "Content-Security-Policy": "default-src 'self'"}},
        {"for": "/blog/*", "values": {"content-security-policy": ["style-src 'none'"]}},
        {"for": "https://example.org/about", "values": {"Content-Security-Policy": "a", "X-Robots-Tag": "noindex"}},
    ]
}


@pytest.mark.parametrize("rules", [HeaderRules.parse(HEADERS), HeaderRules.parse("", NETLIFY)])
def test_policies_are_read_by_path_from_headers_file_and_netlify_toml(rules: HeaderRules) -> None:
    def policies(path: str) -> list[str]:
        return rules.values(path, SECURITY_POLICY, host=None)

    assert policies("index.html") == ["default-src 'self'"]
    assert policies("blog/a/index.html") == ["default-src 'self'", "style-src 'none'"]
    assert policies("about.html") == ["default-src 'self'", "a"]
    assert HeaderRules.parse("").values("index.html", SECURITY_POLICY, host=None) == []
    assert rules.values("about.html", ROBOTS, host="example.org") == ["noindex"]
    assert rules.values("about.html", ROBOTS, host="other.example") == []


def test_data_images_need_their_scheme_in_the_policy() -> None:
    for policy, allowed in (
        ("default-src 'self'", False),
        ("default-src 'self' data:", True),
        ("default-src 'self' data:; img-src *", False),
        ("img-src DATA:", True),
        ("script-src 'none'", True),
        ("img-src data:, img-src 'self'", False),
    ):
        assert csp.allows_data_images([policy]) is allowed, policy
    assert csp.allows_data_images([])
