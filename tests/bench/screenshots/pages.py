"""Pages of sites: a manual in Material for MkDocs, an article with a photograph, landing pages, long pages."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

from tests.bench.screenshots.scene import HUMAN, MONO, SERIF, Scene, document, embedded, prose, words


def material(folder: Path) -> None:
    """A manual of two pages, built with Material into ``folder``."""
    from tests.bench import material_site

    chance = random.Random("manual")
    text = {}
    for name in ("index", "guide"):
        parts = [f"# {words(chance, 3)}\n\n{prose(chance, 3)}\n"]
        for number in range(5):
            parts.append(f"## {words(chance, 3)}\n\n{prose(chance, 4)}\n")
            parts.append(
                (
                    f'!!! note "{words(chance, 3)}"\n\n    {prose(chance, 2)}\n',
                    '```python\ndef width(slot: float, density: float = 2.0) -> int:\n    """Device pixels."""\n'
                    "    return round(slot * density)  # whole\n```\n",
                    "| Setting | Value | Meaning |\n|---|---|---|\n"
                    + "".join(
                        f"| `{words(chance, 1).lower()}` | {chance.randint(1, 99)} | {words(chance, 5)} |\n"
                        for _ in range(6)
                    ),
                    "".join(f"- [{words(chance, 3)}](index.md) {words(chance, 6)}\n" for _ in range(5)),
                    f'??? warning "{words(chance, 2)}"\n\n    {prose(chance, 1)}\n',
                )[number]
            )
        text[name] = "\n".join(parts)
    material_site.build(folder, text)


def article() -> str:
    chance = random.Random("article")
    css = (
        f"main{{max-width:820px;margin:0 auto;padding:22px;background:var(--panel);font:17px/1.6 {SERIF}}}h1{{font-size:34px;margin:0 0 8px}}"
        "img{width:100%;display:block;border-radius:4px}small{color:var(--dim)}"
    )
    body = (
        f"<main><h1>{words(chance, 5)}</h1><small>{words(chance, 4)}</small><p>{prose(chance, 3)}</p>"
        f'<img src="{embedded("wall", 1560)}" style="height:330px;object-fit:cover"><small>{words(chance, 8)}</small><p>{prose(chance, 6)}</p></main>'
    )
    return document(body, css)


def landing(*, dark: bool) -> str:
    chance = random.Random(f"landing {dark}")
    hero = (
        "radial-gradient(circle at 20% 10%,#5b2be0,transparent 45%),radial-gradient(circle at 85% 30%,#0aa3c2,transparent 40%),#070b18"
        if dark
        else "linear-gradient(135deg,#ffd9c0,#f7a8c4 35%,#a9b8ff 70%,#bdf3ea)"
    )
    cards = "".join(
        f'<div class="c"><i style="background:linear-gradient(45deg,hsl({n * 70} 80% 60%),hsl({n * 70 + 60} 85% 50%))"></i>'
        f"<b>{words(chance, 3)}</b><p>{words(chance, 16)}.</p></div>"
        for n in range(3)
    )
    css = (
        f"body{{background:{hero};font-family:{HUMAN}}}header{{padding:18px 40px;display:flex;gap:26px}}h1{{font-size:54px;line-height:1.1;margin:60px 0 14px;"
        "text-align:center}p.l{text-align:center;font-size:18px;opacity:.8}main{display:grid;grid-template-columns:repeat(3,1fr);gap:24px;padding:50px 70px}"
        ".c{background:#ffffff30;border:1px solid #ffffff50;border-radius:18px;padding:24px;box-shadow:0 18px 50px #0004;backdrop-filter:blur(14px)}"
        ".c i{display:block;width:56px;height:56px;border-radius:16px;margin-bottom:14px}.b{display:block;width:190px;margin:24px auto;text-align:center;"
        "padding:13px;border-radius:30px;color:#fff;background:linear-gradient(90deg,#7c3aed,#ec4899);box-shadow:0 10px 30px #7c3aed80}"
    )
    body = (
        f"<header><b>Harbour</b><span>{'</span><span>'.join(words(chance, 1) for _ in range(5))}</span></header><h1>{words(chance, 4)}<br>"
        f'{words(chance, 3)}</h1><p class="l">{words(chance, 14)}.</p><a class="b">{words(chance, 2)}</a><main>{cards}</main>'
    )
    return document(body, css, dark=dark)


def long_page(*, phone: bool) -> str:
    chance = random.Random(f"long {phone}")
    parts = []
    for number in range(7 if phone else 16):
        parts.append(f"<h2>{number + 1}. {words(chance, 3)}</h2><p>{prose(chance, 4)}</p>")
        if number % 3 == 1:
            parts.append(
                f"<pre>{'<br>'.join(f'{words(chance, 1).lower()}.{words(chance, 1).lower()} = {chance.randint(1, 999)}' for _ in range(5))}</pre>"
            )
        if number % 5 == 2:
            parts.append(f'<img src="{embedded("bubbles" if number == 2 else "drawing", 700)}">')
    css = (
        f"body{{height:auto;padding:{16 if phone else 40}px;background:var(--panel);font-size:{15 if phone else 16}px}}h1{{margin-top:0}}"
        f"pre{{background:#7f7f7f1a;padding:12px;border-radius:6px;font:13px/1.5 {MONO};overflow:hidden}}img{{max-width:100%;height:auto}}"
    )
    return document(f"<h1>{words(chance, 4)}</h1>{''.join(parts)}", css, dark=phone)


SCENES = (
    Scene(name="01-manual-light", width=1440, height=900, path="material/index.html"),
    Scene(name="02-manual-dark", width=1400, height=850, density=2, dark=True, path="material/guide/index.html"),
    Scene(name="16-article-light", width=1100, height=800, density=2, html=article),
    Scene(name="17-landing-light", width=1400, height=860, density=2, html=partial(landing, dark=False)),
    Scene(name="18-landing-dark", width=1600, height=900, dark=True, html=partial(landing, dark=True)),
    Scene(name="19-long-light", width=1000, height=800, long=True, html=partial(long_page, phone=False)),
    Scene(
        name="20-long-phone-dark",
        width=412,
        height=800,
        density=2,
        dark=True,
        long=True,
        html=partial(long_page, phone=True),
    ),
)
