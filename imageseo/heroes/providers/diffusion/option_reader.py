"""Reads one table of values towards a dataclass: every fault with key, found and expected, all at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from imageseo.model.errors import RecipeError
from imageseo.model.suggest import closest

# What other tools call the same.
_ELSEWHERE = {
    "negative_prompt": "negative",
    "num_inference_steps": "steps",
    "cfg": "guidance",
    "cfg_scale": "guidance",
    "guidance_scale": "guidance",
    "sampler": "scheduler",
    "sampler_name": "scheduler",
    "torch_dtype": "dtype",
    "checkpoint": "model",
    "lora": "loras",
    "controlnet": "control",
    "denoising_strength": "strength",
    "init_image": "image",
    "textual_inversion": "embeddings",
}

NEEDED: Any = object()
"""Default of a value that has to be written."""


@dataclass(slots=True)
class OptionReader:
    """One table of values on its way to a dataclass; faults are gathered and raised by ``end``."""

    values: Any
    where: str
    known: tuple[str, ...]
    faults: list[RecipeError] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not isinstance(self.values, Mapping):
            expected = f"expected a table of {', '.join(self.known)}"
            raise RecipeError(f"`{self.where}`: {expected}, found {self.values!r}")
        for key in self.values:
            if key not in self.known:
                near = _ELSEWHERE.get(str(key)) if not self.where else None
                near = near or closest(str(key), self.known)
                hint = f"did you mean {near!r}?" if near else f"known: {', '.join(self.known)}"
                self.fault(str(key), "diffusers knows no such option", hint)

    def fault(self, key: str, problem: str, hint: str = "") -> None:
        self.faults.append(RecipeError(f"`{self.path(key)}`: {problem}", hint=hint))

    def path(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def end(self) -> None:
        if self.faults:
            raise RecipeError.together(self.faults)

    def _value(self, key: str, default: Any, hint: str = "") -> Any:
        value = self.values.get(key)
        if value is not None:
            return value
        if default is NEEDED:
            self.fault(key, "is missing", hint)
            return None
        return default

    def text(self, key: str, default: Any, *, hint: str = "") -> Any:
        value = self._value(key, default, hint)
        if value is None or (isinstance(value, str) and (value.strip() or value == default)):
            return value if value is None else value.strip()
        self.fault(key, f"expected a text, found {value!r}", hint)
        return None

    def number(self, key: str, default: float | None, least: float, most: float) -> Any:
        value = self._value(key, default)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            return self.fault(key, f"expected a number from {least:g} to {most:g}, found {value!r}")
        if not least <= value <= most:
            return self.fault(key, f"expected a number from {least:g} to {most:g}, found {value!r}")
        return float(value)

    def whole(self, key: str, default: int, least: int, most: int) -> Any:
        value = self._value(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            return self.fault(key, f"expected a whole number from {least} to {most}, found {value!r}")
        return value

    def flag(self, key: str) -> bool:
        value = self._value(key, False)
        if not isinstance(value, bool):
            self.fault(key, f"expected true or false, found {value!r}")
        return value is True

    def one_of(self, key: str, default: str, words: tuple[str, ...]) -> Any:
        value = self._value(key, default)
        return value if value in words else self.fault(key, f"expected {' or '.join(words)}, found {value!r}")

    def by(self, key: str, reader: Callable[[Any], Any], default: Any) -> Any:
        value = self._value(key, default)
        try:
            return default if value is default else reader(value)
        except RecipeError as error:
            return self.fault(key, error.message, error.hint)

    def table(self, key: str, reader: Callable[[Any, str], Any]) -> Any:
        value = self.values.get(key)
        try:
            return None if value is None or value is False else reader(value, self.path(key))
        except RecipeError as error:
            self.faults += error.faults
            return None

    def listed(self, key: str, reader: Callable[[Any, str], Any]) -> tuple[Any, ...]:
        value = self._value(key, ())
        values = value if isinstance(value, list | tuple) else [value]
        found = []
        for number, each in enumerate(values):
            try:
                found.append(reader(each, f"{self.path(key)}[{number}]"))
            except RecipeError as error:
                self.faults += error.faults
        return tuple(found)
