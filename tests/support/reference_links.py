"""What the manual's reference says beside the texts of the code: links to other pages, titles, longer descriptions."""

from __future__ import annotations

from collections.abc import Mapping

COMMAND_PAGES: Mapping[str, str] = {
    "imageseo": "[How it works](../concepts/how-it-works.md)",
    "imageseo init": "[Set up with init](../how-to/init.md)",
    "imageseo build": "[Any other generator](../how-to/any-folder.md), [How it works](../concepts/how-it-works.md), "
    "[See what imageseo saved](../how-to/report.md)",
    "imageseo watch": "[Watch while you write](../how-to/watch.md)",
    "imageseo lint": "[Lint](../how-to/lint.md), [Rules and findings](rules.md)",
    "imageseo alt": "[Draft missing texts](../how-to/alt-text.md#draft-missing-texts)",
    "imageseo explain": "[Rules and findings](rules.md)",
    "imageseo measure": "[Measure in a browser](../how-to/measure.md)",
    "imageseo verify": "[Verify in a browser](../how-to/verify.md)",
    "imageseo report": "[See what imageseo saved](../how-to/report.md), "
    "[Comment on pull requests](../how-to/pull-requests.md)",
    "imageseo export": "[Export the asset register](../how-to/asset-register.md)",
    "imageseo undo": "[Undo everything](../how-to/opt-out.md#undo-everything), "
    "[Choose among candidates](../how-to/heroes.md#choose)",
    "imageseo lock": "[Merge the lock file](../how-to/heroes.md#merge)",
    "imageseo pick": "[Choose among candidates](../how-to/heroes.md#choose)",
    "imageseo history": "[Choose among candidates](../how-to/heroes.md#choose)",
    "imageseo generate": "[Give a page a hero](../how-to/heroes.md)",
    "imageseo evidence": "[Set rules for generated images](../how-to/policy.md#evidence)",
    "imageseo doctor": "[Troubleshooting](../troubleshooting.md)",
    "imageseo completion": "[Use the command line](../how-to/command-line.md)",
    "imageseo cache": "[Maintaining the cache](../how-to/ci.md#maintaining-the-cache)",
}
"""Command -> the pages of the manual about it."""

GROUP_TITLES: Mapping[str, tuple[str, str]] = {
    "general": ("General", ""),
    "target": ("Target of variants", "See [how good they are](../concepts/variants.md#how-good-they-are)."),
    "quality": ("Quality of variants", "A fixed quality instead of a target."),
    "quality_floor": (
        "Quality floor",
        "A hero over its budget is encoded once more at a lower quality, but never below this one.",
    ),
    "encode": ("Encoders", ""),
    "layout": ("Layout", ""),
    "measure": ("Measure", "For [`imageseo measure`](../how-to/measure.md) and [`verify`](../how-to/verify.md)."),
    "metadata": (
        "Metadata of published files",
        "See [Rights, marks and private data](../how-to/private-data.md). Source files are never changed.",
    ),
    "store": ("Shared store", "See [Share encoded images in a team and CI](../how-to/shared-store.md)."),
    "hero": ("Heroes", "See [Give a page a hero](../how-to/heroes.md)."),
    "policy": ("Rules for generated images", "See [Set rules for generated images](../how-to/policy.md)."),
    "alt": ("Alternative texts", "See [Draft missing texts](../how-to/alt-text.md#draft-missing-texts)."),
    "social": ("Social cards", "See [Make social cards](../how-to/social-cards.md)."),
    "c2pa": ("Content Credentials", "See [Sign images](../how-to/content-credentials.md)."),
    "brand": ("Brand", "Of heroes that are drawn."),
    "rights": (
        "Rights",
        "Of images that do not declare their own. See [rights](../concepts/structured-data.md#rights).",
    ),
    "names": ("File names", "See [Name image files](../how-to/file-names.md)."),
    "delivery": ("Delivery", "See [Cache images](../how-to/caching.md) and [CDNs](../how-to/cdn.md)."),
    "budgets": (
        "Budgets",
        "VIEWPORT is `mobile`, `desktop`, `phone` or `tablet`; LEVEL is `warn` or `error`; `0` switches a level off. "
        "See [Set budgets](../how-to/budgets.md).",
    ),
    "lint": ("Lint", "See [Lint](../how-to/lint.md)."),
}
"""Group of settings -> title and introduction of its section."""

SETTING_NOTES: Mapping[str, str] = {
    "rights.creator": "Who made the images.",
    "rights.credit": "How to credit them.",
    "rights.copyright": "The copyright notice.",
    "rights.acquire_license_page": "URL of a page that says how to license the images.",
    "target.avif": "SSIMULACRA 2 score of AVIF files, 10 to 95; unset: the profile's. 90 is visually lossless.",
    "target.webp": "The same for WebP.",
    "quality.avif": "Quality of AVIF files, 1 to 100 on the encoder's own scale; unset: tuned to the target.",
    "quality.webp": "The same for WebP.",
    "quality_floor.avif": "Lowest quality of AVIF files.",
    "quality_floor.webp": "Lowest quality of WebP files.",
    "quality.paths": 'Quality by format of single images, by glob: `{"images/cover*": {avif: 62}}`. The last match '
    "counts, and no budget lowers it.",
    "budgets.lcp-bytes.VIEWPORT.LEVEL": "The same at the viewports `phone` and `tablet`.",
    "budgets.page-image-bytes.VIEWPORT.LEVEL": "Bytes of all images of a page.",
    "budgets.largest-image-bytes.VIEWPORT.LEVEL": "Bytes of the largest image of a page.",
    "budgets.image-bytes.VIEWPORT.LEVEL": "Bytes of each image.",
    "budgets.image-count.VIEWPORT.LEVEL": "Number of images of a page.",
    "budgets.lcp-bytes.mobile.warn": "Bytes of the LCP image that a phone of 412×823 CSS px at 1.75x downloads.",
    "budgets.lcp-bytes.mobile.error": "Above this, a build fails.",
    "budgets.lcp-bytes.desktop.warn": "Bytes of the LCP image that a screen of 1350×940 CSS px at 1x downloads.",
    "budgets.lcp-bytes.desktop.error": "Above this, a build fails.",
    "enabled": "`false`: nothing is read and nothing is written.",
    "frozen": "`true`: a hero without a pin is an error.",
}
"""Setting -> its description, where that of the JSON Schema is too short for a page."""

SETTING_PAGES: Mapping[str, str] = {
    "cache_dir": "[Run in CI](../how-to/ci.md)",
    "content_dir": "[Front matter](../how-to/any-folder.md#front-matter-of-other-generators)",
    "formats": "[Plug-ins](plug-ins.md)",
    "include": "[Which images](../concepts/variants.md#which-images)",
    "exclude": "[Leave images unchanged](../how-to/opt-out.md)",
    "exclude_pages": "[Leave images unchanged](../how-to/opt-out.md)",
    "markup": "[Safe markup](../concepts/safe-markup.md)",
    "img_format": "[Safe markup](../concepts/safe-markup.md)",
    "placeholder": "[Show placeholders](../how-to/placeholders.md)",
    "style": "[Content-Security-Policy](../concepts/safe-markup.md#content-security-policy)",
    "json_ld": "[Structured data](../concepts/structured-data.md)",
    "sitemap": "[Image sitemap](../concepts/structured-data.md#image-sitemap)",
    "feeds": "[Feeds](../concepts/structured-data.md#feeds)",
    "profile": "[How good they are](../concepts/variants.md#how-good-they-are)",
    "fallback": "[The files themselves](../concepts/variants.md#the-files-themselves)",
    "animated": "[Animations](../concepts/variants.md#animations-and-svg)",
    "encode.metric": "[Plug-ins](plug-ins.md)",
    "hero.masters": "[Keep masters in S3](../how-to/s3.md)",
    "hero.prompts": "[Share prompts](../how-to/prompts.md)",
    "hero.crops": "[Crops](../how-to/labels.md#crops)",
    "hero.label": "[Labels](../how-to/labels.md#what-a-page-says)",
    "hero.label_reason": "[Without a label](../how-to/labels.md#without-a-label)",
    "hero.publish_prompt": "[What a file says](../how-to/labels.md#what-a-file-says)",
    "hero.file_names": "[Names](../how-to/heroes.md#names)",
    "digital_source_type": "[Say it yourself](../how-to/labels.md#say-it-yourself)",
    "hero.width": "[Size of a model's image](diffusers.md#size)",
    "lint.baseline": "[Adopt it on an old site](../how-to/lint.md#adopting-it-on-an-old-site)",
    "lint.rules": "[Rules and findings](rules.md)",
    "lint.paths": "[Rules and findings](rules.md)",
}
"""Setting -> a link to the page about it."""
