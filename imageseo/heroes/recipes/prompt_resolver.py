"""How a recipe's words become its prompt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from imageseo.heroes.recipes import prompt_templates
from imageseo.heroes.recipes.front_matter import FaultCollector, join_words, quoted
from imageseo.heroes.recipes.prompt_library import (
    CONTEXT,
    EMPTY,
    KNOWN,
    SLOTS,
    WORDS,
    PromptLibrary,
    PromptTemplate,
    Series,
)
from imageseo.model.errors import RecipeError

__all__ = [
    "CONTEXT",
    "EMPTY",
    "KNOWN",
    "SLOTS",
    "WORDS",
    "PromptLibrary",
    "PromptTemplate",
    "ResolvedPrompt",
    "Series",
    "resolve",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedPrompt:
    """A recipe's keys when its words have become a prompt.

    ``given``: all that was written and shared, with ``prompt`` and ``negative`` instead of their words. ``derived``:
    which of these two say what the page says. ``seeds``: approved ones of the series. ``evidence``: what the prompt
    came from, never null: ``template``, ``preset``, ``series``, ``prompts`` (version of the library), and ``words``,
    a hash of all that the author had a hand in: equal ones differ in nothing but the page's own words.
    """

    given: Mapping[str, Any]
    derived: frozenset[str] = frozenset()
    seeds: tuple[int, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)


def resolve(
    library: PromptLibrary,
    given: Mapping[str, Any],
    context: Mapping[str, Any],
    styled: Callable[[Any], bool] = lambda provider: False,
) -> ResolvedPrompt:
    """The recipe's keys with its prompt filled in. ``context``: of the page, those of CONTEXT that it has.

    A template's places take words of the page, then of its series, then of its preset. Words without a template are
    joined by commas. A ``style`` is the provider's where the template has no place for it, where it is the page's only
    word, and where it would be joined although the provider (its name or None: ``styled``) has styles of its own.
    Every fault that can be seen at once is told (RecipeError).
    """
    texts = [given.get(key) for key in ("prompt", "negative")]
    if not any(key in given for key in WORDS if key != "style") and not any(
        isinstance(text, str) and prompt_templates.is_template(text) for text in texts
    ):
        return ResolvedPrompt(given=given)
    faults = FaultCollector()
    series = Series()
    if "series" in given:
        series = faults.attempt(lambda: library.pick("series", given["series"], library.series), series)
    name = series.given.get("preset", given.get("preset"))
    preset: Mapping[str, Any] = {}
    if name is not None:
        preset = faults.attempt(lambda: library.pick("preset", name, library.presets), preset)
    if "series" in given:
        _free(given, series, preset if "preset" in series.given else {}, faults)
        if series.vary not in {**series.given, **given, **preset}:
            what = f"`{series.vary}`: the series {quoted(given['series'])} varies it, and nobody wrote it"
            faults.found.append(RecipeError(what, hint=f"write `{series.vary}: …` beside `series`"))
    faults.end()
    written = {**series.given, **given}
    words = _Words(library=library, context=context, preset=preset, shared=series.given, written=written, styled=styled)
    prompt, negative = words.fill(faults)
    faults.end()
    options = {key: value for key, value in written.items() if key not in (*WORDS, "prompt", "negative")}
    options |= words.left
    options |= {key: text for key, text in (("prompt", prompt), ("negative", negative)) if text}
    named: dict[str, Any] = {
        key: str(written[key]).strip() for key in ("template", "preset", "series") if key in written
    }
    version = {"prompts": library.version} if library.version and (named or "negatives" in written) else {}
    return ResolvedPrompt(
        given=options,
        derived=frozenset(words.derived),
        seeds=series.seeds,
        evidence={**named, **version, "words": words.digest()},
    )


def _free(given: Mapping[str, Any], series: Series, preset: Mapping[str, Any], faults: FaultCollector) -> None:
    """No key of the page may be one that its series has settled."""
    fixed = {**preset, **series.given}
    if {"prompt", "template"} & set(fixed):
        fixed = {"prompt": fixed.get("prompt", "…"), "template": fixed.get("template", "…"), **fixed}
    for key in given:
        if key in fixed and key not in (series.vary, "series"):
            value = f" ({quoted(fixed[key])})" if fixed[key] != "…" else ""
            hint = f"its pages write `{series.vary}`; to write `{key}` yourself, leave `series` out"
            faults.found.append(
                RecipeError(f"`{key}`: is settled by the series {quoted(given['series'])}{value}", hint=hint)
            )


@dataclass(slots=True, kw_only=True)
class _Words:
    """Words on their way into a prompt. ``left``: those that no template took; ``derived``: what the page changes."""

    library: PromptLibrary
    context: Mapping[str, Any]
    preset: Mapping[str, Any]
    shared: Mapping[str, Any]
    written: Mapping[str, Any]
    styled: Callable[[Any], bool]
    left: dict[str, Any] = field(default_factory=dict)
    derived: set[str] = field(default_factory=set)
    _sources: list[str] = field(default_factory=list)
    _paged: set[str] = field(default_factory=set)  # slots whose words are the page's

    def fill(self, faults: FaultCollector) -> tuple[str, str]:
        """The prompt and the negative prompt, ``""`` where there is none."""
        template = PromptTemplate(prompt="")
        if "template" in self.written:
            name = self.written["template"]
            template = faults.attempt(lambda: self.library.pick("template", name, self.library.templates), template)
            if "prompt" in self.written:
                faults.found.append(RecipeError("`prompt`: cannot stand beside `template`: a template is a prompt"))
        against = faults.attempt(self._negatives, "")
        slots = {key: faults.attempt(partial(self._slot, key), "") for key in SLOTS if self._has(key)}
        if faults.found:
            return "", ""
        words = {**self.context, **slots, "negatives": against}
        source = template.prompt or str(self.written.get("prompt", ""))
        prompt = faults.attempt(lambda: self._prompt(source, words, slots), "")
        negative = faults.attempt(lambda: self._negative(template, words, against), "")
        return prompt, negative

    def digest(self) -> str:
        """``sha256:…`` of the texts that were filled in, before they were."""
        text = json.dumps(self._sources, ensure_ascii=True, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    def _has(self, key: str) -> bool:
        return key in self.written or key in self.preset

    def _slot(self, key: str) -> str:
        value = self.written.get(key, self.preset.get(key))
        if not isinstance(value, str) or not value.strip():
            raise RecipeError(f"`{key}`: expected text, found {quoted(value)}")
        if not prompt_templates.is_template(value):
            return prompt_templates.tidy(value)
        if prompt_templates.variables(value) & set(CONTEXT):
            self._paged.add(key)
        return _at(key, value, self.context, CONTEXT)

    def _negatives(self) -> str:
        """The texts of all negative libraries that are named: the preset's, then the recipe's."""
        names = dict.fromkeys([*names_of(self.preset.get("negatives")), *names_of(self.written.get("negatives"))])
        faults = FaultCollector()
        entries = self.library.negatives
        texts = [faults.attempt(partial(self.library.pick, "negatives", name, entries), "") for name in names]
        faults.end()
        return prompt_templates.joined(texts)

    def _prompt(self, source: str, words: Mapping[str, Any], slots: Mapping[str, str]) -> str:
        pages = [key for key in SLOTS if key in self.written and key not in self.shared]
        if prompt_templates.is_template(source) or "template" in self.written:
            used = self._reads("prompt", source)
            unused = [key for key in pages if key not in used]
            if "style" in self.written and "style" not in used:
                self.left["style"] = self.written["style"]
            spare = [key for key in unused if key != "style"]
            if spare:
                there = [key for key in SLOTS if key in used]
                what = (
                    f"the template {quoted(self.written['template'])}" if "template" in self.written else "the prompt"
                )
                hint = f"it has places for {join_words(there)}"
                raise RecipeError.together(
                    RecipeError(f"`{key}`: {what} has no place for it", hint=hint) for key in spare
                )
            self._note("prompt", source, used)
            key = "template" if "template" in self.written else "prompt"
            text = _at(key, source, words, KNOWN)
            if not text:
                raise RecipeError(f"`{key}`: nothing is left of the prompt when it is filled in")
            return text
        alone = not set(slots) - {"style"} and "style" not in self.shared
        if "style" in self.written and (alone or self.styled(self.written.get("provider"))):
            self.left["style"] = self.written["style"]
            slots = {key: text for key, text in slots.items() if key != "style"}
        if not slots:
            return source
        self._note("prompt", source, frozenset(slots))
        return prompt_templates.tidy(", ".join([source, *(slots[key] for key in SLOTS if key in slots)]))

    def _negative(self, template: PromptTemplate, words: Mapping[str, Any], against: str) -> str:
        source = self.written.get("negative", template.negative)
        self._sources.append(against)
        if not isinstance(source, str):
            raise RecipeError(f"`negative`: expected text, found {quoted(source)}")
        if prompt_templates.is_template(source):
            used = self._reads("negative", source)
            self._note("negative", source, used)
            text = _at("negative", source, words, KNOWN)
            return text if "negatives" in used else prompt_templates.joined([text, against])
        self._sources.append(source)
        return prompt_templates.joined([source, against]) if against or not self.written.get("negative") else source

    def _reads(self, key: str, source: str) -> frozenset[str]:
        try:
            return prompt_templates.variables(source)
        except RecipeError as error:
            raise RecipeError(f"`{key}`: {error.message}", hint=error.hint) from error

    def _note(self, key: str, source: str, used: frozenset[str]) -> None:
        self._sources += [source, *(str(self.written.get(k, self.preset.get(k))) for k in SLOTS if k in used)]
        if used & (set(CONTEXT) | self._paged):
            self.derived.add(key)


def names_of(value: Any) -> Sequence[str]:
    """``[people, text]`` or ``people, text``. Raises RecipeError for anything else."""
    if value is None:
        return ()
    found = value.split(",") if isinstance(value, str) else value
    if not isinstance(found, list | tuple) or not all(isinstance(name, str) and name.strip() for name in found):
        raise RecipeError(
            f"`negatives`: expected a list of names, found {quoted(value)}", hint="such as [people, text]"
        )
    return [name.strip() for name in found]


def _at(key: str, source: str, words: Mapping[str, Any], known: Sequence[str]) -> str:
    try:
        return prompt_templates.render(source, words, known)
    except RecipeError as error:
        raise RecipeError(f"`{key}`: {error.message}", hint=error.hint) from error
