"""Findings that are produced by builds and measurements, not by rules: meaning and remedy by id.

The id of a rule is the name of its file.
"""

from __future__ import annotations

from collections.abc import Mapping

BUILD_FINDINGS: Mapping[str, str] = {
    "disable-unused": "a suppression has no effect: its rule finds nothing here, or does not exist",
    "animation-kept": "the animation cannot be converted: too many pixels, or browsers show its frames differently",
    "cdn-estimated": "budgets are judged by local encodings, because a CDN makes the images that visitors download",
    "cdn-negotiated": "a CDN chooses the format of each image by the Accept header, which some caches ignore",
    "compressed-copy": "a compressed copy of a page (index.html.gz) was out of date: written again, removed, or left",
    "fallback-kept": "a file that an earlier build recompressed, and whose source file is no longer in the cache",
    "hero-card": "a title card over an image cannot show its texts as they are",
    "feed-unreadable": "a feed of the site is left as it is, because it cannot be edited safely",
    "hero-cropped": "a pinned hero cannot be drawn again as it is, so that its other shapes are cut from it",
    "hero-master": "the pinned file is missing, or does not match its pin",
    "hero-not-inserted": "a declared hero that the page does not show cannot be inserted safely",
    "hero-provider": "unknown hero provider, or generation failed",
    "hero-recipe": "the hero declaration in the front matter is invalid",
    "hero-stale": "page content that the recipe uses has changed since the hero was pinned",
    "hero-store": "a drawn hero cannot be written to the cache",
    "hero-unpinned": "a recipe has no pin in imageseo.lock",
    "hero-unread": "imageseo.lock pins heroes of sources that were not read, so that no page has them",
    "hero-unused": "a hero declaration has no effect: a misspelt key, or a pattern that matches no page",
    "hero-usage": "the usage of a hero has ended, ends soon, or has not begun",
    "host-file": "a file for hosts (`_redirects`, `_headers`, `.htaccess`, `imageseo.nginx.conf`) is not written",
    "images-of-other-tool": "another tool has made candidates of images; they are left as they are",
    "images-unchanged": "a build changes no image of the site, with the reasons",
    "ld-conflict": "JSON-LD of the theme or a plug-in describes one image in two different ways",
    "ld-parse": "a JSON-LD block of the theme is invalid",
    "markup-reduced": "images get less than `<picture>`, because more would not be safe on their pages",
    "measure-failed": "the browser could not measure the page, or met a dialog, a download or another window",
    "measure-offline": "resources from other hosts were not available when the page was measured",
    "names-kept": "images that should have a published name keep their own",
    "page-changed": "another program wrote the page while it was being built",
    "page-oversized": "the page has too many images or bytes to be worked on",
    "page-unreadable": "the page is not HTML, or its encoding cannot be edited",
    "page-unwritable": "the page cannot be written: no permission, or no space on the disk",
    "plugin-failed": "code of another package (a codec, a metric or a report) raised an error",
    "precache-stale": "a service worker's list of files has the hash of a page before the build",
    "private-removed": "published files lost GPS positions, serial numbers or owners of cameras",
    "prompt-removed": "the published file of a generated image lost its prompt, or got the mark of generated images",
    "quality-lowered": "a hero is encoded with lower quality than usual, because it would exceed its budget otherwise",
    "site-url-missing": "no site URL is configured, so JSON-LD and the image sitemap are left out",
    "sitemap-schema": "the generator's sitemap cannot be extended",
    "social-card": "the image of a page's link preview was not made, or cannot show the page's title as it is",
    "variant-dropped": "variants that would save nothing, or that are too long for their format, are left out",
    "verify-console": "`verify`: the browser reports errors that it does not report without imageseo",
    "verify-content": "`verify`: text is not shown any more, or only now",
    "verify-download": "`verify`: two files of one image are downloaded",
    "verify-failed": "`verify`: the page cannot be opened any more",
    "verify-hydration": "`verify`: a script of the page removes the candidates of an image",
    "verify-image": "`verify`: an image is not shown any more, loads nothing, or shows another image",
    "verify-moved": "`verify`: text or an image has another size or position",
    "verify-request": "`verify`: a request fails that does not fail without imageseo",
}
"""Permanent ids; the manual has a row for each. ``lint.rules`` may set their severity like that of rules."""

REMEDIES: Mapping[str, str] = {
    "disable-unused": "Remove the suppression, or correct the rule's name in it.",
    "animation-kept": "Nothing, if the file is small. Otherwise shorten it, or convert it to a video manually.",
    "cdn-estimated": "Nothing, if an estimate will do. `delivery.cdn.budgets` set to skip reports the budgets as not "
    "judged; measure the published pages in a browser.",
    "cdn-negotiated": "Set `delivery.cdn.negotiate` to false, so that each format has its own URL. Where only one URL "
    "exists, let no other cache stand in front of the CDN, or one that obeys `Vary: Accept`; then set "
    "`lint.rules.cdn-negotiated` to off.",
    "compressed-copy": "Nothing, if it is written again. Otherwise compress the site after imageseo, or remove the "
    "file: servers send it instead of the page.",
    "fallback-kept": "Let the site's generator write the file again, or restore the source file; keep the cache "
    "between builds.",
    "hero-card": "Write a shorter text, or install the fonts that the message names.",
    "feed-unreadable": "Correct what writes the feed: the finding says what is wrong with it.",
    "hero-cropped": "Nothing, if the crops look good. `imageseo generate PAGE` draws and pins the hero again.",
    "hero-master": "The finding states the problem. `imageseo generate PAGE` makes a missing file again if the "
    "provider can; otherwise restore it from version control; `git lfs pull` fetches what a Git LFS pointer stands "
    "for. The build fails until then.",
    "hero-not-inserted": "Show the hero by the site's own template or page source, or set `hero.insert` to none.",
    "hero-provider": "The finding states the problem, and what to install or change.",
    "hero-recipe": "Correct the key that the finding names; `imageseo generate --dry-run` shows how all recipes are "
    "read.",
    "hero-stale": "Nothing, if the image still fits: the pin remains valid. `imageseo generate PAGE` regenerates it.",
    "hero-store": "Make the cache folder (`imageseo cache info` shows it) writable, or pin the hero: a pinned hero "
    "needs no cache.",
    "hero-unpinned": "`imageseo generate` makes the image, stores it in heroes/ and writes the pin; commit both. "
    "Until then a build draws procedural heroes into the cache, and shows a drawing marked DRAFT for those of all "
    "other providers; both are warnings. With `frozen` the build fails, and in CI (the variable CI) it fails for the "
    "other providers.",
    "hero-unread": "`imageseo doctor` shows what is missing or broken: install or repair it, name the folder of the "
    "sources in `content_dir`, or build in the folder of the project.",
    "hero-unused": "Correct the key or the pattern; for a key the finding suggests the nearest valid one.",
    "hero-usage": "Extend `usage` in the front matter if the rights allow it, or choose another hero.",
    "host-file": "The finding states the problem: a marker line that is missing, more rules than the host reads, or a "
    "file that cannot be written. Everything else is published.",
    "images-of-other-tool": "Nothing. To let imageseo make the candidates instead, write a plain `<img>`.",
    "images-unchanged": "The finding counts the reasons. Files that are not in the site: name the folder that is "
    "published, or set `site_url`.",
    "ld-conflict": "Describe the image once, or give both ImageObjects the same values. Until then both stay, "
    "and search engines choose one of them.",
    "ld-parse": "Correct the template that writes the block. Search engines ignore it; imageseo adds its own block.",
    "markup-reduced": "Nothing: the images work as before. The finding states the reason; `--format json` lists every "
    "image that gets less than `<picture>`.",
    "measure-failed": "Open the page in a browser: visitors are affected too. An error excludes this page only.",
    "measure-offline": "Nothing, if none of them is an image of the first screen. Otherwise publish it with the site.",
    "names-kept": "Build once on your machine, and commit `imageseo.names.toml`; or rename the other file that the "
    "finding names. The images are shown in any case.",
    "page-changed": "Build again when that program has finished. The page is published as that program wrote it. If it "
    "happens with `imageseo watch`, stop one of both: the plug-in in your generator's own preview, or `watch`.",
    "page-oversized": "Split the page into several; visitors wait for it, too. It is published unchanged.",
    "page-unreadable": "Declare the actual encoding of the page, or exclude the file from the site. It is published "
    "unchanged.",
    "page-unwritable": "Give the build permission to write into the output folder, or free disk space. Files that "
    "could not be written are unchanged.",
    "plugin-failed": "Update or remove that package, or no longer name it in the settings; `imageseo doctor` lists all "
    "plug-ins. The image is published without what it should have made.",
    "precache-stale": "Run the tool that writes the list (workbox, ngsw-config) after imageseo. Until then browsers "
    "keep the former page, or refuse the new one.",
    "private-removed": "Nothing: source files are unchanged. `metadata.gps`, `metadata.device` and `metadata.exclude` "
    "keep what your site wants to publish, for example the positions of a map of photographs.",
    "prompt-removed": 'Nothing: source files are unchanged. `data-imageseo="ignore"` on an image keeps its published '
    "file as it is, for example where visitors download a workflow.",
    "quality-lowered": "Nothing, if the image looks good. An image with less detail needs fewer bytes; `quality.paths` "
    "sets the quality of one image, and `budgets.paths` the budget of its page.",
    "site-url-missing": "Set `site_url` in imageseo.toml, or the site's URL in the generator's configuration: JSON-LD "
    "and image sitemaps need absolute URLs.",
    "sitemap-schema": "Correct the sitemap, or set `sitemap: false`; the finding states what is wrong with it.",
    "social-card": "Correct what the message names: a font or a template of your settings, an image that cannot be "
    "read, or a title with characters that no installed font has. The page has no new tags until then.",
    "variant-dropped": "Nothing: the other variants or the source file are served instead. The file is often well "
    "compressed already, tiny, or too long for one of the formats.",
    "verify-console": 'Open the page and the browser\'s console. `data-imageseo="ignore"` on an element keeps its '
    "images unchanged; please report the page.",
    "verify-content": "Compare the page with and without imageseo in a browser; please report it.",
    "verify-download": "Look for a preload, a style sheet or a script that names the source file; let it name no file, "
    'or keep the image unchanged with `data-imageseo="ignore"`.',
    "verify-failed": "Open the page in a browser; please report it.",
    "verify-hydration": 'Keep the image unchanged with `data-imageseo="ignore"`: its variants are of no use.',
    "verify-image": 'Keep the image unchanged with `data-imageseo="ignore"` and report the page.',
    "verify-moved": 'Compare the page in a browser. `data-imageseo="ignore"` on the image, or on what contains it, '
    "keeps it unchanged; please report the page.",
    "verify-request": "Open the URL; if it is a variant, build again. Otherwise a script computes URLs from images: "
    'keep these unchanged with `data-imageseo="ignore"`.',
}
"""What to do about each, in a sentence or two."""
