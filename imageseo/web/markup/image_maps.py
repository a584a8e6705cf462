"""What the HTML standard asks of image maps."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imageseo.model.facts import shorten
from imageseo.web.markup.elements import MarkupElement, PageElements, parents
from imageseo.web.markup.faults import MarkupFault

MAX_AREAS = 20
"""Areas that are reported one by one."""
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*", re.IGNORECASE | re.ASCII)
_FORMER = {"circ": "circle", "polygon": "poly", "rectangle": "rect"}
_SHAPES = ("rect", "circle", "poly", "default")


def map_faults(elements: PageElements) -> Iterator[MarkupFault]:
    """Yield what is wrong with the image maps of a page."""
    maps = elements.named("map")
    names = {each.values.get("name", "") for each in maps}
    for element in elements.matching("img[usemap],img[ismap],object[usemap],input[usemap]"):
        yield from _use_faults(element, names)
    yield from _name_faults(maps)
    yield from _area_faults(elements)


def _use_faults(element: MarkupElement, names: set[str]) -> Iterator[MarkupFault]:
    tag, use = element.node.tag, element.values.get("usemap")
    if use is not None:
        if not use.startswith("#"):
            known = use in names
            yield MarkupFault(
                element=element,
                what=f'an <{tag}> has usemap="{shorten(use, 60)}", which browsers ignore',
                hint=f'write `usemap="#{shorten(use, 60)}"`' if use else 'write the name of a map, `usemap="#name"`',
                attribute="usemap" if known and use else "",
                value=f"#{use}",
            )
        elif use[1:] not in names or use == "#":
            near = next((name for name in names if name.lower() == use[1:].lower()), "")
            yield MarkupFault(
                element=element,
                what=f'an <{tag}> has usemap="{shorten(use, 60)}", and the page has no map with that name',
                hint=f'write `usemap="#{near}"`: letter case counts'
                if near
                else "add the `<map name>`, or remove usemap",
            )
        around = next((each.tag for each in parents(element.node) if each.tag in ("a", "button")), None)
        if around is not None:
            yield MarkupFault(
                element=element,
                what=f"an <{tag} usemap> is in <{around}>, and both lead somewhere",
                hint="remove one of the two",
                serious=False,
            )
    if "ismap" in element.values and tag == "img":
        link = next((each for each in parents(element.node) if each.tag == "a" and each.attr("href") is not None), None)
        if link is None:
            yield MarkupFault(
                element=element,
                what="an <img> has ismap outside of a link, without effect",
                hint="remove it, or use a `<map>`",
                serious=False,
            )


def server_maps(elements: PageElements) -> Iterator[MarkupElement]:
    """Yield the images that send a server where in them a visitor clicks, which no keyboard can."""
    yield from elements.matching("a[href] img[ismap]")


def _name_faults(maps: tuple[MarkupElement, ...]) -> Iterator[MarkupFault]:
    seen: set[str] = set()
    for element in maps:
        name, identifier = element.values.get("name"), element.values.get("id")
        if not name:
            hint = f'write `name="{shorten(identifier, 60)}"`' if identifier else 'name it, and use `usemap="#name"`'
            what = "a <map> has no name, so that no image can use it"
        elif name in seen:
            what, hint = f'a second <map> has the name "{shorten(name, 60)}": browsers use the first', "rename one"
        elif re.search(r"\s", name):
            what, hint = f'a <map> has white space in its name "{shorten(name, 60)}"', "write it without"
        elif identifier is not None and identifier != name:
            what = f'a <map> has the name "{shorten(name, 60)}" and another id, "{shorten(identifier, 60)}"'
            hint = "give both the same value, or remove the id"
        else:
            seen.add(name)
            continue
        yield MarkupFault(element=element, what=what, hint=hint, serious=not name)


def _area_faults(elements: PageElements) -> Iterator[MarkupFault]:
    count = 0
    for element in elements.named("area"):
        fault = _area_fault(element)
        if fault is None:
            continue
        count += 1
        if count <= MAX_AREAS:
            yield fault
    if count > MAX_AREAS:
        last = elements.named("area")[-1]
        yield MarkupFault(
            element=last, what=f"{count - MAX_AREAS:,} more areas of this page have such faults", hint="see the others"
        )


def _area_fault(element: MarkupElement) -> MarkupFault | None:
    values = element.values
    if not any(each.tag in ("map", "template") for each in parents(element.node)):
        return MarkupFault(element=element, what="an <area> is outside of any <map>", hint="move it into a map")
    shape = values.get("shape", "rect").strip().lower()
    where = (
        f"an <area> that leads to {shorten(values['href'].strip(), 60) or 'this page'}"
        if "href" in values
        else "an <area>"
    )
    if shape in _FORMER:
        return MarkupFault(
            element=element,
            what=f'{where} has shape="{shape}", a former name',
            hint=f'write `shape="{_FORMER[shape]}"`',
            serious=False,
            attribute="shape",
            value=_FORMER[shape],
        )
    if shape not in _SHAPES:
        what = f'{where} has shape="{shorten(shape, 40)}", which browsers read as rect'
        return MarkupFault(element=element, what=what, hint="write rect, circle, poly or default", serious=False)
    problem = _coords_fault(shape, values.get("coords"))
    if problem is None or (values.get("coords") is None and values.get("shape") is None):
        return None  # a list of links for the keyboard alone, which checkers accept
    return MarkupFault(
        element=element,
        what=f"{where} {problem[0]}",
        hint=problem[1],
        serious="href" in values and shape != "default",
    )


def _coords_fault(shape: str, coords: str | None) -> tuple[str, str] | None:
    if shape == "default":
        return ("is the rest of the image, and has coords", "remove coords") if coords is not None else None
    wanted = {
        "rect": '`coords="left,top,right,bottom"`',
        "circle": '`coords="x,y,radius"`',
        "poly": '`coords="x1,y1,x2,y2,x3,y3"`',
    }[shape]
    if coords is None or not coords.strip():
        return f"has no coords, so visitors cannot reach it ({shape})", f"write {wanted}"
    parts = coords.split(",")
    if not all(map(_NUMBER.fullmatch, parts)):
        return f"has coords that are no numbers between commas: {shorten(coords, 40)}", f"write {wanted}"
    count = len(parts)
    expected = {"rect": count == 4, "circle": count == 3, "poly": count >= 6 and count % 2 == 0}[shape]
    if not expected:
        return f"has {count} coords, too many or too few for shape {shape}", f"write {wanted}"
    numbers = [float(part) for part in parts[:4]]
    if shape == "rect" and (numbers[0] >= numbers[2] or numbers[1] >= numbers[3]):
        return (
            f"has a rectangle without an area: {shorten(coords, 40)}",
            "write left before right, and top before bottom",
        )
    if shape == "circle" and numbers[2] <= 0:
        return f"has a circle without an area: {shorten(coords, 40)}", "write a radius above 0"
    return None
