"""What is kept of a page's rules for one image: those that could matter for it, by what they could change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from imageseo.layout.styles.cascade import CascadeRule


@dataclass(slots=True, eq=False)
class Hazards:
    """The rules that could matter for one image."""

    wrapper: tuple[CascadeRule, ...] = ()
    picture: tuple[CascadeRule, ...] = ()
    size: tuple[CascadeRule, ...] = ()
    automatic: tuple[CascadeRule, ...] = ()
    hidden: tuple[CascadeRule, ...] = ()
    attributes: tuple[tuple[CascadeRule, str, str], ...] = ()  # with the attribute's name and a value to try
    inline: bool = False  # the style of the image itself has a height or border
    container: tuple[CascadeRule, ...] = ()  # that could make the element around it a flex or grid container
    in_container: bool = False  # the style of that element does
    layered: tuple[CascadeRule, ...] = ()  # that set its size in a cascade layer
    inherit: tuple[CascadeRule, ...] = ()  # that let it take something from the element around it
    inline_inherit: bool = False  # the style of the image itself does

    def __bool__(self) -> bool:
        return bool(
            self.wrapper or self.picture or self.size or self.attributes or self.inline or self.hidden
            or self.container or self.in_container or self.automatic or self.layered
            or self.inherit or self.inline_inherit
        )  # fmt: skip

    def on_page(self, present: Mapping[str, bool]) -> Hazards:
        """Return those whose classes and ids the page has."""

        def there(rule: CascadeRule) -> bool:
            return all(present[name] for name in rule.selector.classes | rule.selector.ids)

        return Hazards(
            wrapper=tuple(filter(there, self.wrapper)),
            picture=tuple(filter(there, self.picture)),
            size=tuple(filter(there, self.size)),
            automatic=tuple(filter(there, self.automatic)),
            attributes=tuple(each for each in self.attributes if there(each[0])),
            hidden=tuple(filter(there, self.hidden)),
            inline=self.inline,
            container=tuple(filter(there, self.container)),
            in_container=self.in_container,
            layered=tuple(filter(there, self.layered)),
            inherit=tuple(filter(there, self.inherit)),
            inline_inherit=self.inline_inherit,
        )

    def rules(self) -> Iterator[CascadeRule]:
        yield from (*self.wrapper, *self.picture, *self.size, *self.automatic, *self.hidden, *self.container)
        yield from (*self.layered, *self.inherit)
        yield from (rule for rule, _, _ in self.attributes)


NO_HAZARDS = Hazards()
