"""Markdown: `![alt](url)`, references, attribute lists, directives of MyST, HTML and shortcodes between the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from imageseo.lint.sources import html, shortcodes
from imageseo.lint.sources.syntax import Dialect, SourceImage, blanked, parse_attributes, unshown
from imageseo.model.finding import AttributeChange

NAME = "markdown"
_LONGEST = 4_000  # characters of an image's syntax
_DEEPEST = 10  # brackets in brackets
_FRONT_MATTER = re.compile(r"\ufeff?(?:-{3}|\+{3})[^\n]*\n.*?\n(?:-{3}|\+{3}|\.{3})[ \t]*(?:\n|\Z)", re.DOTALL)
_FENCE = re.compile(
    r"(?P<lead>[ \t>]*(?:(?:[*+-]|\d+[.)])[ \t]+)*)(?P<mark>`{3,}|~{3,}|:{3,})[ \t]*(?P<info>[^\n]*?)[ \t]*\Z"
)
_MYST = re.compile(r"\{(image|figure)\}[ \t]*(\S.*)?\Z")
_OPTION = re.compile(r"[ \t>]*:([\w-]+):[ \t]*(.*?)[ \t]*\Z")
_CODE = re.compile(r"(?<![`\\])(`+)(?!`)((?:(?!\n[ \t]*\n).)+?)(?<!`)\1(?!`)", re.DOTALL)
_TEXTS = ("script", "style", "textarea", "pre", "code", "noscript")
_DEFINITION = re.compile(
    r"^ {0,3}\[([^\]\n]+)\]:[ \t]*\n?[ \t]*(?:<([^>\n]*)>|(\S+))(?:[ \t]*\n?[ \t]+[\"'(]([^\n]*)[\"')])?", re.MULTILINE
)
_TITLE = re.compile(r"""[ \t]*(?:[ \t]|\n)[ \t]*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')(?=[ \t\n]*\))""")
_REFERENCE = re.compile(r"[ ]?\[([^\[\]\n]*)\]")
_LIST = re.compile(r"\{:?[ \t]*([^{}\n%<]*?)[ \t]*\}")
_INDENTED = re.compile(r"(?:^|\n)[ \t]*\n((?: {4}|\t)[^\n]*(?:\n(?:(?: {4}|\t)[^\n]*|[ \t]*(?=\n)))*)")
_PLAIN = re.compile(r"[\w.%#/+-]+")


def body_start(text: str) -> int:
    """Return the offset after the front matter."""
    match = _FRONT_MATTER.match(text)
    return match.end() if match is not None else 0


def find(text: str) -> list[SourceImage]:
    """Return the images of a document in their order; front matter, code and comments show none."""
    hidden, found = _blocks(text)
    visible = blanked(text, [(0, body_start(text)), *hidden])
    visible = blanked(visible, unshown(visible, _TEXTS))
    visible = blanked(visible, (match.span() for match in _CODE.finditer(visible)))
    definitions = {_label(match[1]): (match[2] or match[3], match[4]) for match in _DEFINITION.finditer(visible)}
    doubtful = [match.span(1) for match in _INDENTED.finditer(visible)]
    found += [*_images(visible, definitions, doubtful), *html.tags(visible), *shortcodes.find(visible)]
    return sorted(found, key=lambda image: image.start)


def _images(
    text: str, definitions: Mapping[str, tuple[str, str | None]], doubtful: Sequence[tuple[int, int]]
) -> Iterator[SourceImage]:
    position = text.find("![")
    while position >= 0:
        image = None if _is_escaped(text, position) else _image(text, position, definitions, doubtful)
        if image is not None:
            yield image
        position = text.find("![", position + 2 if image is None else image.end)


def _image(
    text: str, start: int, definitions: Mapping[str, tuple[str, str | None]], doubtful: Sequence[tuple[int, int]]
) -> SourceImage | None:
    close = _closing(text, start + 1)
    if close is None:
        return None
    alt = text[start + 2 : close]
    target = _target(text, close + 1)
    if target is not None:
        url, title, end = target
    else:
        reference = _REFERENCE.match(text, close + 1)
        label = reference[1] if reference is not None and reference[1] else alt
        known = definitions.get(_label(label))
        if known is None:
            return None
        url, title = known
        end = reference.end() if reference is not None else close + 1
    listed = _LIST.match(text, end)
    is_list = listed is not None and re.search(r"[.#=]|\A\w+\Z", listed[1]) is not None
    return SourceImage(
        syntax=NAME,
        url=re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", url),
        start=start,
        end=listed.end() if listed is not None and is_list else end,
        shown_at=start,
        title=title,
        alt=re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", " ".join(alt.split())),
        attributes=parse_attributes(listed[1]) if listed is not None and is_list else {},
        is_doubtful=any(one <= start < other for one, other in doubtful),
    )


def _closing(text: str, opening: int) -> int | None:
    """Return the offset of the bracket that closes an alternative text; None if a paragraph ends before."""
    depth = 0
    for match in re.compile(r"\\.|[\[\]]|\n[ \t]*\n", re.DOTALL).finditer(text, opening, opening + _LONGEST):
        if match[0] == "[":
            depth += 1
            if depth > _DEEPEST:
                return None
        elif match[0] == "]":
            depth -= 1
            if depth == 0:
                return match.start()
        elif match[0].startswith("\n"):
            return None
    return None


def _target(text: str, opening: int) -> tuple[str, str | None, int] | None:
    """Return the URL and the title in parentheses, and the offset after them; None if there is none."""
    if text[opening : opening + 1] != "(":
        return None
    limit = min(len(text), opening + _LONGEST)
    position = start = _skip(text, opening + 1, " \t\n")
    if text[start : start + 1] == "<":
        position = text.find(">", start, limit)
        if position < 0 or "\n" in text[start:position]:
            return None
        url, position = text[start + 1 : position], position + 1
    else:
        depth = 0
        while position < limit and not (depth == 0 and (text[position] == ")" or _TITLE.match(text, position))):
            if text[position] == "\n":
                return None
            position += 2 if text[position] == "\\" else 1
            depth += {"(": 1, ")": -1}.get(text[position - 1], 0)
        url = text[start:position].strip()
    title = _TITLE.match(text, position)
    position = _skip(text, title.end() if title is not None else position, " \t\n")
    if text[position : position + 1] != ")":
        return None
    return url, title[0].strip()[1:-1] if title is not None else None, position + 1


def _skip(text: str, position: int, characters: str) -> int:
    while text[position : position + 1] and text[position] in characters:
        position += 1
    return position


def _is_escaped(text: str, position: int) -> bool:
    before = text[max(0, position - 20) : position]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _label(text: str) -> str:
    return " ".join(text.lower().split())


def _blocks(text: str) -> tuple[list[tuple[int, int]], list[SourceImage]]:
    """Return the spans of fenced code, and the images of MyST's directives."""
    if "```" not in text and "~~~" not in text and ":::" not in text:
        return [], []
    hidden: list[tuple[int, int]] = []
    found: list[SourceImage] = []
    offset, fence, start, image = 0, "", 0, None
    lines: list[str] = []
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if fence:
            closes = match is not None and not match["info"] and match["mark"].startswith(fence)
            if closes and match is not None:
                end = offset + len(line)
                hidden.append((start, end))
                if image is not None:
                    found.append(_directive(text, image, start, end, lines))
                fence = ""
            else:
                lines.append(line)
        elif match is not None and not (match["mark"][0] == "`" and "`" in match["info"]):
            image = _MYST.match(match["info"])
            if match["mark"][0] != ":" or image is not None:  # a container of other text, unless it is an image
                fence, start, lines = match["mark"], offset + match.start("mark"), []
        offset += len(line) + 1
    if fence:
        hidden.append((start, len(text)))
    return hidden, found


def _directive(text: str, match: re.Match[str], start: int, end: int, lines: Sequence[str]) -> SourceImage:
    options: dict[str, str | None] = {}
    for line in lines:
        option = _OPTION.match(line)
        if option is None:
            break
        options[option[1].lower()] = option[2]
    return SourceImage(
        syntax="myst",
        url=(match[2] or "").strip(),
        start=start,
        end=end,
        shown_at=start,
        alt=options.get("alt"),
        attributes=options,
    )


def render(
    image: SourceImage, text: str, changes: Sequence[AttributeChange], dialect: Dialect, built: str
) -> str | None:
    """Return the image with changes, in what the site's Markdown understands.

    ``built``: its URL on the built page; "" if the file has another name there. None if nothing is surely right.
    """
    written = text[image.start : image.end]
    alt = next((value for name, value in changes if name == "alt"), None)
    others = [change for change in changes if change.name != "alt"]
    if not others:
        close = _closing(written, 1)
        assert close is not None
        if text[image.start + close + 1 : image.start + close + 2] not in ("(", "["):
            return None  # the alternative text is the name of the reference, too
        return None if alt is None else f"![{_escape(alt)}{written[close:]}"
    if dialect.attributes in ("attr_list", "kramdown"):
        listed = _LIST.search(written, written.rfind("{")) if image.attributes else None
        head = written[: listed.start()] if listed is not None else written
        if alt is not None and (close := _closing(head, 1)) is not None:
            head = f"![{_escape(alt)}{head[close:]}"
        items = _changed_list(listed[1] if listed is not None else "", others)
        is_marked = dialect.attributes == "kramdown" or (listed is not None and listed[0].startswith("{:"))
        return f"{head}{'{:' if is_marked else '{'} {items} }}" if items else head
    if any(value is None for _, value in others):
        return None  # nothing here sets the attribute
    if image.attributes or (image.title is not None and dialect.attributes != "html"):
        return None  # a list that this Markdown does not read, or a title that would be lost
    if dialect.attributes == "myst":
        from imageseo.lint.sources import myst

        return myst.directive_of(image, changes) if _is_alone(text, image) else None
    if dialect.attributes == "figure":
        return shortcodes.figure_of(image, changes) if _is_alone(text, image) else None
    if dialect.attributes == "html":
        src = image.url if dialect.keeps_urls else built
        return html.tag_of(src, image, changes) if src else None
    return None


def _is_alone(text: str, image: SourceImage) -> bool:
    """Whether the image is a paragraph of its own."""
    start, end = text.rfind("\n", 0, image.start) + 1, text.find("\n", image.end)
    line = text[start : end if end >= 0 else len(text)]
    return line.strip() == text[image.start : image.end]


def _changed_list(items: str, changes: Iterable[tuple[str, str | None]]) -> str:
    """Return an attribute list with changes; classes and the id stay as they are."""
    for name, value in changes:
        item = "" if value is None else f"{name}={_quoted(value)}"
        found = re.search(rf"""(?<!\S){re.escape(name)}=(?:"[^"]*"|'[^']*'|\S+)""", items)
        if found is not None:
            items = " ".join(filter(None, (items[: found.start()].strip(), item, items[found.end() :].strip())))
        else:
            items = f"{items} {item}".strip()
    return items


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else f'"{value.replace(chr(34), "&quot;")}"'


def _escape(alt: str) -> str:
    return re.sub(r"([\[\]\\])", r"\\\1", alt)


def phrase(attributes: Mapping[str, str], dialect: Dialect) -> str | None:
    """Return attributes as a hint names them; None where Markdown needs HTML for them."""
    if attributes.keys() == {"alt"}:
        return f"`![{_escape(attributes['alt'])}](…)`"
    if dialect.attributes not in ("attr_list", "kramdown") or "alt" in attributes:
        return None
    return f"`{'{:' if dialect.attributes == 'kramdown' else '{'} {_changed_list('', attributes.items())} }}`"
