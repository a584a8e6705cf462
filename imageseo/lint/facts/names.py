"""Names of the facts that rules may request; rules are loaded without what finds the facts."""

from __future__ import annotations

FACTS = frozenset(
    (
        *(
            "page",
            "site",
            "files",
            "html",
            "scan",
            "head",
            "images",
            "hero",
            "lcp",
            "budgets",
            "page_weight",
            "column_layout",
            "elements",
            "graphics",
        ),
        *("json_ld", "target", "asset_of", "measured", "drift", "sampled", "measured_images", "has_own_size"),
    )
)
"""Facts of a page that a rule may request."""
FORMER_FACTS = {"column": "column_layout", "linked": "json_ld", "seen": "measured_images", "weights": "page_weight"}
"""Former name of a fact -> current name, for rules of other distributions; kept for one release."""
SITE_FACTS = frozenset(("robots", "listing", "sitemaps", "feeds", "marks", "credentials"))
"""Facts of the whole site that a rule may request: properties of ``SiteFacts``. Such a rule runs in ``lint`` only."""
