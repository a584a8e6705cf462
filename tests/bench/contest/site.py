"""The contest on a site: what each tool makes of the same pages in Material for MkDocs, and what a browser has of it.

Ours is ``imageseo build`` on the built site, whole: it chooses widths and formats and writes the markup. The peers make
eight widths up to 1,280 px (which twice the column was long rounded to) as AVIF and WebP, by their defaults, and the
pages get the ``<picture>`` that Eleventy Image writes, with the right ``sizes``. Rounds alternate, and ratios are
medians of the ratios within a round, as at given widths.

Chromium then opens every page on three screens, as it is and without AVIF: ``loaded`` are the bytes of the files that
it took, ``painted`` is the score of what these look like in their place against the original in the same place,
``sharp`` how many of the device's px they have. ``encoded`` counts the files that were encoded, ``offered`` those that
the pages name.
"""

from __future__ import annotations

import html
import json
import platform
import re
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli_w
from PIL import Image

from tests.bench import figures, jobs, material_site, plots, scoring, worst
from tests.bench.contest.common import PROFILES, Contest, note, own_environment, processors
from tests.bench.contest.seen import Looker, Seen, loaded_beside
from tests.bench.figures import Entrant
from tests.bench.jobs import Job
from tests.bench.measure import Run, measure
from tests.bench.peers import Peer

WIDTHS = (320, 480, 640, 720, 880, 1000, 1120, 1280)
_IMG = re.compile(r"<img\b[^>]*>")
_CANDIDATE = re.compile(r'([^\s",]+) (\d+)w')


class SiteContest(Contest):
    """The contest on a site with the pictures."""

    def figures(self) -> dict[str, Any]:
        options = self.options
        pages = max(1, -(-len(self.pictures) // options.per_page))
        before = self.folder("before") / "site"
        material_site.build(before, material_site.with_pictures(self.pictures, pages), self.pictures)
        tools, present = self.entrants()
        tools = {name: tool for name, tool in tools.items() if tool is None or set(tool.formats) == set(jobs.FORMATS)}
        running = {name: tool for name, tool in tools.items() if tool is not None}
        seen = {name: Seen() for name in running}
        for number in range(options.rounds):
            for name in running if number % 2 == 0 else reversed(running):
                note(f"round {number + 1} of {options.rounds}: {name}")
                self._round(running[name], number, present.get(name), before, seen[name])
        sites = {name: self.scratch / f"round {options.rounds - 1}" / name / "site" for name in running}
        judge = scoring.scorer(options.scorer)
        references = {name: self._references(tool, present.get(name)) for name, tool in running.items()}
        self.judge(judge, running, references)
        looker = Looker(self.pictures, self.scratch, judge, options.butteraugli)
        looker.look(before, sites, seen)
        cores = processors()
        told: dict[str, Any] = {
            "kind": options.kind,
            "way": "site",
            "pictures": len(self.pictures),
            "half": options.half,
            "rounds": options.rounds,
            "pages": pages,
            "scorer": judge.name,
            "settings": dict(each.split("=", 1) for each in options.set),
            **self._headline(running),
            "tools": {name: None if tool is None else figures.entrant(tool, cores) for name, tool in tools.items()},
        }
        for name in running:
            mine = told["tools"][name]
            mine["encoded"], mine["offered"] = seen[name].encoded, len(running[name].made)
            mine["not_offered_share"] = round(1 - mine["offered"] / max(1, mine["encoded"]), 4)
            mine.update(looker.figures(seen[name]))
        told["loaded_vs_eleventy"] = loaded_beside(told["tools"], "eleventy")
        told["originals"] = sum(path.stat().st_size for path in self.pictures)
        told["butteraugli_of_files"] = self.butteraugli(running, references)
        told["by_picture"] = self._by_picture(seen)
        told["machine"] = {"processors": cores, "system": platform.platform(), "python": platform.python_version()}
        if options.plots:
            area = {
                name.rpartition(".")[0]: _pixels(file) for tool in running.values() for name, file in tool.made.items()
            }
            told["plots"] = [str(path) for path in plots.draw(options.plots, running, area)]
            told["plots"] += [str(path) for path in plots.draw_seen(options.plots, told["tools"])]
        if options.worst:
            made = worst.crops(options.worst, running["imageseo"], references["imageseo"])
            made += worst.write(options.worst, looker.judged(seen["imageseo"]), prefix="painted-")
            told["worst"] = [str(path) for path in made]
        return told

    def _headline(self, tools: Mapping[str, Entrant]) -> dict[str, Any]:
        found = {}
        for peer in ("eleventy", "sharp", "sharp_effort0"):
            for mine, prefix in (("imageseo", ""), ("imageseo_fast", "fast_")):
                for what in ("cpu", "wall"):
                    ratio = figures.ratio(tools[mine], tools.get(peer), what)
                    found[f"{prefix}{what}_vs_{peer}"] = ratio
        return found

    # Making

    def _round(self, tool: Entrant, number: int, peer: Peer | None, before: Path, seen: Seen) -> None:
        folder = self.folder(f"round {number}", tool.name)
        site = folder / "site"
        shutil.copytree(before, site)
        if peer is None:
            tool.runs.append(self._build(folder, PROFILES[tool.name], seen))
        else:
            asked = self._asked()
            tool.runs.append(self.peer(peer, asked, site / "images", mode=peer.mode))
            (site / "images.json").unlink()
            seen.encoded = len([*site.glob("images/*.avif"), *site.glob("images/*.webp")])
            _mark_up(site, asked)
        tool.made = self._offered(site)
        shutil.rmtree(self.scratch / f"round {number - 1}" / tool.name, ignore_errors=True)

    def _build(self, folder: Path, profile: str, seen: Seen) -> Run:
        tree: dict[str, Any] = {"site_url": "https://example.org/", "profile": profile}
        for each in self.options.set:
            key, value = each.split("=", 1)
            *groups, name = key.split(".")
            table = tree
            for group in groups:
                table = table.setdefault(group, {})
            table[name] = _value(value)
        (folder / "imageseo.toml").write_text(tomli_w.dumps(tree), encoding="utf-8")
        command = [self.options.python, "-m", "imageseo", "build", "site", "--format", "json"]
        # A page over its budget fails the build, but all is made.
        run = measure(command, cwd=folder, env=own_environment(), fine=(0, 1))
        seen.encoded = json.loads(run.out)["summary"]["encoded"]
        return run

    def _asked(self) -> list[Job]:
        """Eleventy Image makes a width above the source's at the source's own."""
        widths = self.options.widths or WIDTHS
        asked = []
        for file in self.pictures:
            with Image.open(file) as image:
                width, height = image.size
            fitting = sorted({min(each, width) for each in widths})
            asked.append(Job(file=file, width=width, height=height, widths=tuple(fitting)))
        return asked

    def _offered(self, site: Path) -> dict[str, Path]:
        """``stem-width.format`` -> file, of all candidates in the pages."""
        stems = sorted((path.stem for path in self.pictures), key=len, reverse=True)
        found = {}
        for page in sorted(site.rglob("*.html")):
            for url, width in _CANDIDATE.findall(page.read_text("utf-8")):
                file = (page.parent / url).resolve()
                stem = next((each for each in stems if file.name.startswith(f"{each}-")), None)
                if stem is not None and file.exists():
                    found[f"{stem}-{width}{file.suffix}"] = file
        return found

    def _references(self, tool: Entrant, peer: Peer | None) -> Path:
        """The tool's own pictures without loss, at the widths that it offers."""
        out = self.folder("reference", tool.name)
        widths: dict[str, set[int]] = {}
        for name in tool.made:
            stem, _, width = name.rpartition(".")[0].rpartition("-")
            widths.setdefault(stem, set()).add(int(width))
        asked = [
            Job(file=job.file, width=job.width, height=job.height, widths=tuple(sorted(widths[job.stem])))
            for job in self._asked()
            if job.stem in widths
        ]
        if peer is None:
            self.ours(asked, out, "--profile", PROFILES[tool.name], "--reference")
        else:
            self.peer(peer, asked, out, mode="reference")
        return out

    def _by_picture(self, seen: Mapping[str, Seen]) -> dict[str, Any]:
        """For each picture and tool: bytes loaded and the score of what is painted, by screen and browser."""
        found: dict[str, Any] = {}
        for path in self.pictures:
            for name, each in seen.items():
                found.setdefault(path.stem, {})[name] = {
                    f"{screen}, {browser}": {
                        "file": chosen[path.stem].file.name,
                        "bytes": chosen[path.stem].file.stat().st_size,
                        "painted": round(each.scores[screen, browser][path.stem], 1),
                    }
                    for (screen, browser), chosen in each.chosen.items()
                    if path.stem in chosen
                }
        return found


def _mark_up(site: Path, asked: Sequence[Job]) -> None:
    """Puts the ``<picture>`` that Eleventy Image writes in the place of each ``<img>``."""
    names = {job.file.name: job for job in asked}

    def picture(match: re.Match[str]) -> str:
        source = re.search(r'src="([^"]*)"', match[0])
        folder, _, name = source[1].rpartition("/") if source else ("", "", "")
        job = names.get(name)
        if job is None:
            return match[0]
        alt = re.search(r'alt="([^"]*)"', match[0])
        sets = {
            format: ", ".join(f"{folder}/{job.stem}-{width}.{format} {width}w" for width in job.widths)
            for format in jobs.FORMATS
        }
        widest = job.widths[-1]
        return (
            f'<picture><source type="image/avif" srcset="{sets["avif"]}" sizes="{material_site.SIZES}">'
            f'<source type="image/webp" srcset="{sets["webp"]}" sizes="{material_site.SIZES}">'
            f'<img alt="{html.escape(html.unescape(alt[1] if alt else ""))}" loading="lazy" decoding="async" '
            f'src="{folder}/{job.stem}-{job.widths[0]}.webp" width="{widest}" height="{job.height_at(widest)}">'
            "</picture>"
        )

    for page in site.rglob("*.html"):
        page.write_text(_IMG.sub(picture, page.read_text("utf-8")), encoding="utf-8")


def _value(text: str) -> Any:
    """As TOML reads it, else the text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _pixels(file: Path) -> int:
    with Image.open(file) as image:
        return image.width * image.height
