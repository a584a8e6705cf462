"""Edits of JSON Feeds: ``image`` and an attachment for each entry's hero, and plain images in its content."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from imageseo.web.feeds import content, encoded_text
from imageseo.web.feeds.entry import BadFeed, FeedEdit, FeedImage, FeedSite
from imageseo.web.structured_data.json_position import entries

_VERSION = "https://jsonfeed.org/version/"
_DECODER = json.JSONDecoder(strict=False)


def edits(data: bytes, site: FeedSite) -> list[FeedEdit]:
    """Return the edits of a feed in UTF-8, in order; none for JSON that is no feed. Raises BadFeed."""
    try:
        feed = json.loads(data)
    except RecursionError as error:
        raise BadFeed("its values are nested too deep") from error
    except ValueError as error:
        raise BadFeed(f"it is not valid JSON: {error}") from error
    if not isinstance(feed, dict) or not str(feed.get("version", "")).startswith(_VERSION):
        return []
    items = feed.get("items")
    return sorted(_edits(data.decode("latin-1"), items, site), key=lambda edit: (edit.start, edit.end)) if items else []


def _edits(source: str, items: Any, site: FeedSite) -> Iterator[FeedEdit]:
    places = entries(source, source.index("{"))
    if not isinstance(items, list):
        return
    at = entries(source, places["items"][1])
    is_podcast = any(_is_episode(each) for item in items for each in _attachments(item))
    for number, item in enumerate(items):
        if not isinstance(item, dict) or not isinstance(url := item.get("url"), str):
            continue
        page = site.page(url)
        if page is None:
            continue
        keys = entries(source, at[number][1])
        if page.image is not None and keys:
            yield from _added(source, item, keys, page.image, is_podcast=is_podcast)
        if isinstance(item.get("content_html"), str):
            start = keys["content_html"][1]
            text = encoded_text.json_string(source, start, _DECODER.raw_decode(source, start)[1])
            if text is None:
                continue
            for first, last, new in content.changes(text.text, page.urls(None)):
                edit = text.edit(first, last, new)
                if edit is None:
                    break
                yield edit


def _added(
    source: str,
    item: Mapping[str, Any],
    keys: Mapping[str | int, tuple[int, int]],
    image: FeedImage,
    *,
    is_podcast: bool,
) -> Iterator[FeedEdit]:
    """Yield the insertion of the item's image after its last value, in the style of its last key; null is replaced."""
    values: dict[str, Any] = {}
    if item.get("image") is None and item.get("banner_image") is None:
        if "image" in item:
            at = keys["image"][1]
            yield FeedEdit(start=at, end=at + len("null"), new=json.dumps(image.url))
        else:
            values["image"] = image.url
        if "attachments" not in item and not is_podcast:
            values["attachments"] = [{"url": image.url, "mime_type": image.mime, "size_in_bytes": image.bytes}]
    if not values:
        return
    key_at, value_at = max(keys.values())
    before = key_at
    while source[before - 1] in " \t\r\n":
        before -= 1
    key_end = _DECODER.raw_decode(source, key_at)[1]
    colon, end = source[key_end:value_at], _DECODER.raw_decode(source, value_at)[1]
    separators = (", ", ": ") if colon != ":" else (",", ":")
    new = "".join(
        f",{source[before:key_at]}{json.dumps(name)}{colon}{json.dumps(value, separators=separators)}"
        for name, value in values.items()
    )
    yield FeedEdit(start=end, end=end, new=new)


def _attachments(item: Any) -> list[Any]:
    found = item.get("attachments") if isinstance(item, dict) else None
    return found if isinstance(found, list) else []


def _is_episode(attachment: Any) -> bool:
    kind = attachment.get("mime_type") if isinstance(attachment, dict) else None
    return isinstance(kind, str) and kind.lower().startswith(("audio/", "video/"))
