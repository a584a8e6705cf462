"""Progress: an estimate by the work that is finished, shown once it means something; advice after a long build."""

from __future__ import annotations

import io

import pytest
from msgspec import structs

from imageseo.config.encoding import EncodeSettings
from imageseo.config.settings import Settings
from imageseo.integrations.progress import Bar, Lines, duration, for_stream
from imageseo.integrations.slow_build import advice


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_estimate_is_shown_when_it_means_something_and_follows_the_work() -> None:
    stream, clock = Terminal(), Clock()
    with Bar(stream, clock).task("Encoding images", 10, work=100.0) as step:
        clock.now = 2.0
        step.advance(1, 1.0)
        assert "left" not in stream.getvalue(), "too early"
        clock.now = 10.0
        step.advance(1, 4.0)
        assert "left" not in stream.getvalue(), "a twentieth tells nothing"
        clock.now = 30.0
        step.advance(1, 45.0)  # a large image: half of the work, although 7 of 10 images are to do
        assert "3 of 10, about 30 s left" in stream.getvalue()
        step.advance(7, 50.0)
    assert stream.getvalue().count("10 of 10") >= 1
    assert "10 of 10, about" not in stream.getvalue()


def test_steps_are_the_work_if_nothing_else_is_known() -> None:
    stream, clock = Terminal(), Clock()
    with Bar(stream, clock).task("Checking pages", 4) as step:
        clock.now = 60.0
        step.advance()
    assert "1 of 4, about 3 min left" in stream.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1, "5 s"), (42, "40 s"), (80, "1 min"), (1790, "30 min"), (3600, "1 h"), (4800, "1 h 20 min")],
)
def test_durations_are_rough(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_lines_come_at_quarters_whatever_the_steps_take() -> None:
    printed: list[str] = []
    with Lines(printed.append).task("Encoding images", 40, work=7.0) as step:
        for _ in range(40):
            step.advance(1, 0.1)
    assert printed == ["Encoding images: 40 to do", *(f"Encoding images: {each} of 40" for each in (10, 20, 30, 40))]
    assert isinstance(for_stream(Terminal()), Bar)
    assert isinstance(for_stream(io.StringIO()), Lines)


def test_advice_after_a_long_build_names_what_is_not_set_yet() -> None:
    assert advice(Settings(), 59, 30) is None
    assert advice(Settings(), 600, 0) is None, "nothing was encoded"
    line = advice(Settings(), 130, 30)
    assert line is not None
    assert "took 2 min to encode 30 variants. Keep .cache" in line
    assert Settings().cache_dir in line
    assert "resizer: vips" in line
    assert "avif_encoder: svt" in line
    fastest = structs.replace(Settings(), encode=EncodeSettings(avif_encoder="svt", resizer="vips"))
    line = advice(fastest, 130, 30)
    assert line is not None
    assert "svt" not in line
    assert "vips" not in line
