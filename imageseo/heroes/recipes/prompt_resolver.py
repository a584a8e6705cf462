"""Build the prompt of a recipe from its template, preset, series and slots."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from imageseo.heroes.recipes import prompt_templates
from imageseo.heroes.recipes.front_matter import FaultCollector, format_value, join_keys
from imageseo.heroes.recipes.prompt_library import (
    PAGE_VARIABLES,
    PROMPT_KEYS,
    SLOTS,
    TEMPLATE_VARIABLES,
    PromptLibrary,
    PromptTemplate,
    Series,
)
from imageseo.model.errors import RecipeError


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedPrompt:
    """The keys of a recipe after its prompt was built.

    ``given``: the keys of the recipe and of its series, with ``prompt`` and ``negative`` instead of the PROMPT_KEYS.
    ``derived``: which of these two contain text of the page. ``seeds``: the approved seeds of the series.
    ``evidence``: the origin of the prompt, without null: ``template``, ``preset``, ``series``, ``prompts`` (version of
    the library), and ``words``, a hash of all texts before rendering: if it is equal, only the page's texts differ.
    ``variables``: what templates of other texts may use: those of the page, and the slots.
    """

    given: Mapping[str, Any]
    derived: frozenset[str] = frozenset()
    seeds: tuple[int, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)


def resolve(
    library: PromptLibrary,
    given: Mapping[str, Any],
    context: Mapping[str, Any],
    styled: Callable[[Any], bool] = lambda provider: False,
) -> ResolvedPrompt:
    """Return the keys of the recipe with its prompt. ``context``: those PAGE_VARIABLES that the page has.

    The placeholders of a template take their values from the page, then its series, then its preset. Without a
    template, slots are joined by commas. ``style`` is passed to the provider if the template has no placeholder for
    it, if it is the only slot that the page sets, or if it would be joined although the provider has its own styles
    (``styled``: whether the provider of that name, or the default one for None, has).
    Raises RecipeError with all faults that can be detected at once.
    """
    texts = [given.get(key) for key in ("prompt", "negative")]
    if not any(key in given for key in PROMPT_KEYS if key != "style") and not any(
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
        _check_overrides(given, series, preset if "preset" in series.given else {}, faults)
        if series.vary not in {**series.given, **given, **preset}:
            problem = f"`{series.vary}` is missing: the series {format_value(given['series'])} requires it"
            faults.faults.append(RecipeError(problem, hint=f"add `{series.vary}: …` next to `series`"))
    faults.raise_if_any()
    written = {**series.given, **given}
    builder = _PromptBuilder(
        library=library, context=context, preset=preset, shared=series.given, written=written, styled=styled
    )
    prompt, negative = builder.build(faults)
    faults.raise_if_any()
    options = {key: value for key, value in written.items() if key not in (*PROMPT_KEYS, "prompt", "negative")}
    options |= builder.unused
    options |= {key: text for key, text in (("prompt", prompt), ("negative", negative)) if text}
    named: dict[str, Any] = {
        key: str(written[key]).strip() for key in ("template", "preset", "series") if key in written
    }
    version = {"prompts": library.version} if library.version and (named or "negatives" in written) else {}
    return ResolvedPrompt(
        given=options,
        derived=frozenset(builder.derived),
        seeds=series.seeds,
        evidence={**named, **version, "words": builder.digest()},
        variables=builder.variables,
    )


def _check_overrides(
    given: Mapping[str, Any], series: Series, preset: Mapping[str, Any], faults: FaultCollector
) -> None:
    """Report keys of the page that its series already sets."""
    fixed = {**preset, **series.given}
    if {"prompt", "template"} & set(fixed):
        fixed = {"prompt": fixed.get("prompt", "…"), "template": fixed.get("template", "…"), **fixed}
    for key in given:
        if key in fixed and key not in (series.vary, "series"):
            value = f" ({format_value(fixed[key])})" if fixed[key] != "…" else ""
            hint = f"its pages set `{series.vary}`; to set `{key}` on the page, remove `series`"
            problem = f"`{key}`: is already set by the series {format_value(given['series'])}{value}"
            faults.faults.append(RecipeError(problem, hint=hint))


@dataclass(slots=True, kw_only=True)
class _PromptBuilder:
    """Builds the prompt and the negative prompt of a recipe.

    ``preset``: its values by slot; ``shared``: keys of the series; ``written``: keys of series and page.
    ``unused``: ``style``, if it is passed to the provider; ``derived``: which prompts contain text of the page.
    """

    library: PromptLibrary
    context: Mapping[str, Any]
    preset: Mapping[str, Any]
    shared: Mapping[str, Any]
    written: Mapping[str, Any]
    styled: Callable[[Any], bool]
    unused: dict[str, Any] = field(default_factory=dict)
    derived: set[str] = field(default_factory=set)
    variables: Mapping[str, Any] = field(default_factory=dict)
    _sources: list[str] = field(default_factory=list)
    _page_slots: set[str] = field(default_factory=set)  # slots whose values contain text of the page

    def build(self, faults: FaultCollector) -> tuple[str, str]:
        """Return the prompt and the negative prompt, ``""`` if there is none."""
        template = PromptTemplate(prompt="")
        if "template" in self.written:
            name = self.written["template"]
            template = faults.attempt(lambda: self.library.pick("template", name, self.library.templates), template)
            if "prompt" in self.written:
                problem = "`prompt`: cannot be combined with `template`: a template is a prompt"
                faults.faults.append(RecipeError(problem))
        negatives = faults.attempt(self._join_negatives, "")
        slots = {key: faults.attempt(partial(self._render_slot, key), "") for key in SLOTS if self._has(key)}
        if faults.faults:
            return "", ""
        self.variables = values = {**self.context, **slots, "negatives": negatives}
        source = template.prompt or str(self.written.get("prompt", ""))
        prompt = faults.attempt(lambda: self._build_prompt(source, values, slots), "")
        negative = faults.attempt(lambda: self._build_negative(template, values, negatives), "")
        return prompt, negative

    def digest(self) -> str:
        """Return ``sha256:…`` of all texts before rendering."""
        text = json.dumps(self._sources, ensure_ascii=True, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    def _has(self, key: str) -> bool:
        return key in self.written or key in self.preset

    def _render_slot(self, key: str) -> str:
        value = self.written.get(key, self.preset.get(key))
        if not isinstance(value, str) or not value.strip():
            raise RecipeError(f"`{key}`: expected text, found {format_value(value)}")
        if not prompt_templates.is_template(value):
            return prompt_templates.tidy(value)
        if prompt_templates.find_variables(value) & set(PAGE_VARIABLES):
            self._page_slots.add(key)
        return _render(key, value, self.context, PAGE_VARIABLES)

    def _join_negatives(self) -> str:
        """Join the named negatives: those of the preset, then those of the recipe."""
        names = dict.fromkeys([*read_names(self.preset.get("negatives")), *read_names(self.written.get("negatives"))])
        faults = FaultCollector()
        entries = self.library.negatives
        texts = [faults.attempt(partial(self.library.pick, "negatives", name, entries), "") for name in names]
        faults.raise_if_any()
        return prompt_templates.join_terms(texts)

    def _build_prompt(self, source: str, values: Mapping[str, Any], slots: Mapping[str, str]) -> str:
        own = [key for key in SLOTS if key in self.written and key not in self.shared]
        if prompt_templates.is_template(source) or "template" in self.written:
            used = self._find_variables("prompt", source)
            if "style" in self.written and "style" not in used:
                self.unused["style"] = self.written["style"]
            unused = [key for key in own if key not in used and key != "style"]
            if unused:
                name = "the prompt"
                if "template" in self.written:
                    name = f"the template {format_value(self.written['template'])}"
                hint = f"it has placeholders for {join_keys(key for key in SLOTS if key in used)}"
                raise RecipeError.together(
                    RecipeError(f"`{key}`: {name} has no placeholder for it", hint=hint) for key in unused
                )
            self._record_sources("prompt", source, used)
            key = "template" if "template" in self.written else "prompt"
            text = _render(key, source, values, TEMPLATE_VARIABLES)
            if not text:
                raise RecipeError(f"`{key}`: the rendered prompt is empty")
            return text
        alone = not set(slots) - {"style"} and "style" not in self.shared
        if "style" in self.written and (alone or self.styled(self.written.get("provider"))):
            self.unused["style"] = self.written["style"]
            slots = {key: text for key, text in slots.items() if key != "style"}
        if not slots:
            return source
        self._record_sources("prompt", source, frozenset(slots))
        return prompt_templates.tidy(", ".join([source, *(slots[key] for key in SLOTS if key in slots)]))

    def _build_negative(self, template: PromptTemplate, values: Mapping[str, Any], negatives: str) -> str:
        source = self.written.get("negative", template.negative)
        self._sources.append(negatives)
        if not isinstance(source, str):
            raise RecipeError(f"`negative`: expected text, found {format_value(source)}")
        if prompt_templates.is_template(source):
            used = self._find_variables("negative", source)
            self._record_sources("negative", source, used)
            text = _render("negative", source, values, TEMPLATE_VARIABLES)
            return text if "negatives" in used else prompt_templates.join_terms([text, negatives])
        self._sources.append(source)
        if not negatives and self.written.get("negative"):
            return source
        return prompt_templates.join_terms([source, negatives])

    def _find_variables(self, key: str, source: str) -> frozenset[str]:
        try:
            return prompt_templates.find_variables(source)
        except RecipeError as error:
            raise RecipeError(f"`{key}`: {error.message}", hint=error.hint) from error

    def _record_sources(self, key: str, source: str, used: frozenset[str]) -> None:
        self._sources += [
            source,
            *(str(self.written.get(slot, self.preset.get(slot))) for slot in SLOTS if slot in used),
        ]
        if used & (set(PAGE_VARIABLES) | self._page_slots):
            self.derived.add(key)


def read_names(value: Any) -> Sequence[str]:
    """Read ``[people, text]`` or ``people, text``. Raises RecipeError for anything else."""
    if value is None:
        return ()
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) and name.strip() for name in names):
        raise RecipeError(
            f"`negatives`: expected a list of names, found {format_value(value)}", hint="such as [people, text]"
        )
    return [name.strip() for name in names]


def _render(key: str, source: str, values: Mapping[str, Any], known: Sequence[str]) -> str:
    try:
        return prompt_templates.render(source, values, known)
    except RecipeError as error:
        raise RecipeError(f"`{key}`: {error.message}", hint=error.hint) from error
