"""Programs that never were: an editor, a terminal, a table, forms, galleries, dialogs and dashboards."""

from __future__ import annotations

import random
from functools import partial
from html import escape

from tests.bench.screenshots.code import CODE
from tests.bench.screenshots.drawings import area_chart, bar_chart, line_chart, sparkline
from tests.bench.screenshots.scene import HUMAN, MONO, SANS, Scene, document, embedded, words


def editor(language: str, *, dark: bool) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    chance = random.Random(language)
    form = HtmlFormatter(style="monokai" if dark else "default", linenos="inline", nobackground=True)
    code = highlight(CODE[language] * 2, get_lexer_by_name(language), form)
    files = "".join(
        f'<li style="padding-left:{12 + 14 * (n % 3)}px">{"▾" if n % 4 == 0 else "·"} {chance.choice(names)}_{n}.py'
        for n, names in enumerate([("reader", "views", "store", "queue")] * 26)
    )
    log = "".join(
        f"<div><b>{'ok' if n % 3 else 'warn'}</b> {words(chance, 9)} <i>{chance.random() * 9:.2f} s</i></div>"
        for n in range(7)
    )
    css = form.get_style_defs(".highlight") + (
        f"main{{display:grid;grid-template:34px 1fr 150px 24px/48px 230px 1fr;height:100%;font:13px/1.5 {MONO}}}"
        "header{grid-column:1/4;background:var(--panel);border-bottom:1px solid var(--line);display:flex;gap:1px}"
        "header span{padding:7px 18px;border-right:1px solid var(--line)}header span:nth-child(2){background:var(--bg);"
        "border-top:2px solid var(--accent)}nav{grid-row:2/4;background:var(--panel);display:grid;gap:22px;padding:16px;"
        "align-content:start;color:var(--dim)}ul{grid-row:2/4;margin:0;padding:8px 0;list-style:none;overflow:hidden;"
        "background:var(--panel);border-right:1px solid var(--line);color:var(--dim)}li:nth-child(5){color:var(--ink);"
        "background:#7f7f7f33}section{overflow:hidden;padding:8px}.highlight pre{margin:0}.linenos{color:var(--dim);"
        "padding-right:14px}aside{border-top:1px solid var(--line);padding:8px 14px;overflow:hidden}aside b{color:#3fb950}"
        "aside div:nth-child(3n+1) b{color:#d29922}aside i{color:var(--dim)}footer{grid-column:1/4;background:var(--accent);"
        "color:#fff;padding:2px 12px;font-size:12px}"
    )
    body = (
        "<main><header><span>recorder.py</span><span>server ●</span><span>README.md</span></header>"
        f"<nav><b>≡</b><b>⌕</b><b>⑂</b><b>▷</b><b>☰</b></nav><ul>{files}</ul><section>{code}</section>"
        f"<aside>{log}</aside><footer>main ⟳ 2↓ 1↑ · Ln 24, Col 17 · UTF-8 · LF</footer></main>"
    )
    return document(body, css, dark=dark)


def terminal(*, dark: bool) -> str:
    chance = random.Random(f"terminal {dark}")
    lines = ['<b class="g">sam@harbour</b>:<b class="b">~/work/site</b>$ make publish --jobs=2']
    for number in range(34):
        kind = number % 6
        if kind == 5:
            share = number * 100 // 36
            lines.append(
                f'<i class="c">{"█" * (share // 3)}{"░" * (34 - share // 3)}</i> {share:3d}% {number * 3} of 104'
            )
        elif kind == 3:
            lines.append(
                f'<b class="y">warning</b>: {escape(words(chance, 8))} <u>docs/{chance.choice("abcd")}.md:{number}</u>'
            )
        else:
            lines.append(f'<span class="d">12:{number + 10}:0{kind}</span> <b class="g">✓</b> {words(chance, 3).lower()} '
                         f'<span class="m">{chance.randint(1, 900)} KiB</span> → {words(chance, 2).lower()}.webp')  # fmt: skip
    lines += ["┌──────────┬───────┬────────┐", "│ format   │ files │    KiB │", "├──────────┼───────┼────────┤"]
    lines += [
        f"│ {name:<8} │ {chance.randint(10, 99):5} │ {chance.random() * 900:6.1f} │" for name in ("avif", "webp", "png")
    ]
    lines += ["└──────────┴───────┴────────┘", '<b class="g">sam@harbour</b>:<b class="b">~/work/site</b>$ <em> </em>']
    colours = (
        ".g{color:#4ade80}.b{color:#60a5fa}.y{color:#facc15}.c{color:#22d3ee}.m{color:#e879f9}.d{color:#94a3b8}"
        if dark
        else ".g{color:#15803d}.b{color:#1d4ed8}.y{color:#a16207}.c{color:#0e7490}.m{color:#a21caf}.d{color:#64748b}"
    )
    css = colours + (
        f"body{{padding:0}}header{{background:var(--panel);border-bottom:1px solid var(--line);padding:8px;text-align:center}}"
        "header span{float:left;width:12px;height:12px;border-radius:6px;margin:3px;background:#ff5f57}"
        "header span+span{background:#febc2e}header span+span+span{background:#28c840}"
        f"pre{{margin:0;padding:10px 14px;font:13px/1.35 {MONO}}}i{{font-style:normal}}em{{background:var(--ink)}}"
    )
    body = f"<header><span></span><span></span><span></span>sam@harbour: ~/work/site</header><pre>{chr(10).join(lines)}</pre>"
    return document(body, css, dark=dark)


def table(*, dark: bool) -> str:
    chance = random.Random(f"table {dark}")
    states = (("Healthy", "#1a7f37"), ("Pending", "#9a6700"), ("Failed", "#cf222e"), ("Paused", "#57606a"))
    heads = ("", "Name", "Owner", "Region", "State", "Requests", "p95 ms", "Error %", "Cost", "Changed")
    rows = []
    for number in range(40):
        state, colour = chance.choice(states)
        cells = [
            f"<input type=checkbox {'checked' if number % 7 == 2 else ''}>",
            f"<a>{words(chance, 2).lower().replace(' ', '-')}-{number:02}</a>",
            words(chance, 1),
            chance.choice(("eu-north-1", "us-east-2", "ap-south-1")),
            f'<b style="background:{colour}">{state}</b>',
            f"{chance.randint(900, 9_900_000):,}",
            f"{chance.random() * 900:.1f}",
            f"{chance.random() * 4:.2f}",
            f"€ {chance.random() * 2_000:,.2f}",
            f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02} {chance.randint(0, 23):02}:{chance.randint(0, 59):02}",
        ]
        rows.append("".join(f"<td>{cell}" for cell in cells))
    css = (
        f"body{{padding:14px 18px;font-family:{HUMAN if dark else SANS}}}h1{{font-size:20px;margin:0 0 10px}}"
        "table{border-collapse:collapse;width:100%;background:var(--panel);font-size:13px}"
        "td,th{padding:6px 9px;border:1px solid var(--line);text-align:left;white-space:nowrap}"
        "td:nth-child(n+6):nth-child(-n+9){text-align:right;font-variant-numeric:tabular-nums}"
        "tr:nth-child(even){background:#7f7f7f14}th{color:var(--dim);background:#7f7f7f22}a{color:var(--accent)}"
        "td b{color:#fff;border-radius:9px;padding:1px 8px;font-size:11px}nav{display:flex;gap:8px;margin-bottom:10px}"
        "nav input,nav button{font:inherit;padding:4px 9px}"
    )
    body = (
        "<h1>Services <small style='color:var(--dim)'>40 of 1,284</small></h1><nav><input value='state:healthy region:eu'>"
        "<button>Filter</button><button>Columns ▾</button><button>Export CSV</button></nav><table><tr>"
        + "".join(f"<th>{head}" for head in heads) + "".join(f"<tr>{row}" for row in rows) + "</table>"
    )  # fmt: skip
    return document(body, css, dark=dark)


def form(*, dark: bool) -> str:
    chance = random.Random(f"form {dark}")
    fields = []
    for number in range(9):
        control = (
            f'<input value="{words(chance, 3)}">',
            f"<select><option>{words(chance, 2)}</select>",
            "".join(
                f"<label><input type=radio name=r{number} {'checked' if n == 1 else ''}>{words(chance, 1)}</label>"
                for n in range(3)
            ),
            f'<input type=range value="{chance.randint(10, 90)}"> <output>{chance.randint(10, 90)} %</output>',
            f"<textarea rows=3>{words(chance, 22)}</textarea>",
            "".join(
                f"<label><input type=checkbox {'checked' if n % 2 else ''}>{words(chance, 2)}</label>" for n in range(3)
            ),
            '<input type=date value="2026-11-30"> <input type=color value="#1f6fb5"> <progress value=.6></progress>',
        )[number % 7]
        fields.append(
            f"<div class=f><b>{words(chance, 2)}</b><span>{control}<small>{words(chance, 11)}.</small></span></div>"
        )
    menu = "".join(f"<li{' class=on' if n == 3 else ''}>{words(chance, 2)}" for n in range(14))
    css = (
        "main{display:grid;grid-template-columns:220px 1fr;height:100%}ul{margin:0;padding:14px;list-style:none;"
        "border-right:1px solid var(--line);background:var(--panel)}li{padding:7px 10px;border-radius:6px}.on{background:"
        "var(--accent);color:#fff}section{padding:20px 30px}.f{display:grid;grid-template-columns:170px 1fr;padding:9px 0;"
        "border-bottom:1px solid var(--line)}small{display:block;color:var(--dim);font-size:12px;margin-top:3px}"
        "label{margin-right:16px}input:not([type]),select,textarea{width:60%;font:inherit;padding:4px 7px}"
        "button{font:inherit;padding:6px 16px;margin:16px 8px 0 0}.p{background:var(--accent);color:#fff;border:0;border-radius:5px}"
    )
    body = (
        f"<main><ul>{menu}</ul><section><h2 style='margin:0 0 8px'>{words(chance, 3)}</h2>{''.join(fields)}"
        "<button class=p>Save changes</button><button>Cancel</button></section></main>"
    )
    return document(body, css, dark=dark, font=HUMAN if dark else SANS)


def gallery(*, dark: bool) -> str:
    """A library of photographs: half of the picture is photographs, half is a program."""
    chance = random.Random("gallery")
    cuts = [(name, (x / 4, y / 3, (x + 1) / 4, (y + 1) / 3)) for name in ("earth", "wall", "bubbles") for x, y in
            ((0, 0), (2, 0), (1, 1), (3, 1), (2, 2))]  # fmt: skip
    chance.shuffle(cuts)
    tiles = "".join(
        f'<figure><img src="{embedded(name, 420, cut)}"><figcaption>{words(chance, 2)}<i>{chance.randint(1, 9)}.{chance.randint(0, 9)} MB'
        "</i></figcaption></figure>" for name, cut in cuts[:12]
    )  # fmt: skip
    css = (
        "header{padding:10px 16px;border-bottom:1px solid var(--line);background:var(--panel)}main{display:grid;gap:12px;"
        "grid-template-columns:repeat(4,1fr);padding:14px}figure{margin:0;background:var(--panel);border-radius:8px;"
        "overflow:hidden;border:1px solid var(--line)}img{width:100%;height:180px;object-fit:cover;display:block}"
        "figcaption{padding:8px 10px}i{float:right;color:var(--dim);font-style:normal;font-size:12px}"
    )
    return document(
        f"<header><b>Pictures</b> · 1,204 items · sorted by date ▾</header><main>{tiles}</main>", css, dark=dark
    )


def dialog(*, dark: bool) -> str:
    """A window alone, with a shadow and round corners on nothing."""
    chance = random.Random(f"dialog {dark}")
    css = (
        "html,body{background:none}main{position:absolute;inset:26px 30px 36px;background:var(--panel);border-radius:12px;"
        "box-shadow:0 8px 24px #0009;padding:16px 20px;overflow:hidden}h3{margin:0 0 8px}p{margin:0 0 12px;color:var(--dim)}"
        "input{width:100%;font:inherit;padding:5px 8px;margin-bottom:10px}footer{text-align:right}button{font:inherit;"
        "padding:5px 14px;margin-left:8px}.p{background:var(--accent);color:#fff;border:0;border-radius:5px}"
    )
    more = "".join(
        f"<p><label><input type=checkbox style='width:auto' checked> {words(chance, 6)}</label>" for _ in range(5)
    )
    body = (
        f"<main><h3>Delete “{words(chance, 2)}”?</h3><p>{words(chance, 18)}.</p><input value='{words(chance, 2)}'>{more if dark else ''}"
        "<footer><button>Cancel</button><button class=p>Delete</button></footer></main>"
    )
    return document(body, css, dark=dark)


def dashboard(*, dark: bool) -> str:
    chance = random.Random(f"dashboard {dark}")
    cards = "".join(
        f"<div class=k><small>{words(chance, 2)}</small><b>{chance.randint(10, 9_999):,}</b>"
        f"<em style='color:{'#2da44e' if n % 2 else '#e5534b'}'>{'▲' if n % 2 else '▼'} {chance.random() * 20:.1f} %</em>{sparkline(n, dark=dark)}</div>"
        for n in range(5)
    )
    people = "".join(
        f"<tr><td><span style='background:hsl({n * 47} 55% 45%)'>{words(chance, 1)[:2]}</span>{words(chance, 2)}<td>{words(chance, 4)}"
        f"<td>{chance.randint(1, 58)} min" for n in range(9)
    )  # fmt: skip
    css = (
        "body{display:grid;grid-template:52px 1fr/200px 1fr}header{grid-column:1/3;background:var(--accent);color:#fff;padding:14px 18px}"
        "nav{background:var(--panel);border-right:1px solid var(--line);padding:14px;line-height:2.1}main{padding:16px;display:grid;gap:14px;"
        "min-height:0;grid-template:120px minmax(0,1fr) minmax(0,1fr)/repeat(5,1fr)}main>*{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:12px;"
        "overflow:hidden}.k b{font-size:24px;display:block}.k em{font-style:normal;font-size:12px}.k small,small{color:var(--dim)}"
        ".k svg{float:right;margin-top:-40px}.wide{grid-column:span 3}.half{grid-column:span 2}td{padding:4px 8px}td span{display:inline-block;"
        "width:26px;height:26px;border-radius:13px;color:#fff;text-align:center;font-size:11px;line-height:26px;margin-right:8px}svg{max-width:100%;max-height:100%}"
    )
    menu = "<br>".join(words(chance, 2) for _ in range(12))
    body = (
        f"<header><b>Harbour</b> · {words(chance, 3)}</header><nav>{menu}</nav><main>{cards}"
        f"<div class=wide>{area_chart(5, dark=dark)}</div><div class=half>{bar_chart(6, dark=dark)}</div>"
        f"<div class=half><table>{people}</table></div><div class=wide>{line_chart(7, dark=dark)}</div></main>"
    )
    return document(body, css, dark=dark, font=SANS)


SCENES = (
    Scene(name="03-code-dark", width=1280, height=800, density=2, dark=True, html=partial(editor, "python", dark=True)),
    Scene(name="04-code-light", width=1600, height=1000, html=partial(editor, "typescript", dark=False)),
    Scene(name="05-table-light", width=1366, height=768, html=partial(table, dark=False)),
    Scene(name="06-table-dark", width=1200, height=750, density=2, dark=True, html=partial(table, dark=True)),
    Scene(name="07-terminal-dark", width=900, height=620, density=2, dark=True, html=partial(terminal, dark=True)),
    Scene(name="08-terminal-light", width=1100, height=720, html=partial(terminal, dark=False)),
    Scene(name="13-form-light", width=1000, height=760, density=2, html=partial(form, dark=False)),
    Scene(name="14-form-dark", width=1200, height=800, dark=True, html=partial(form, dark=True)),
    Scene(name="15-photos-dark", width=1440, height=900, dark=True, html=partial(gallery, dark=True)),
    Scene(name="21-dialog-light", width=420, height=290, density=2, cut_out=True, html=partial(dialog, dark=False)),
    Scene(name="22-dialog-dark", width=800, height=480, dark=True, cut_out=True, html=partial(dialog, dark=True)),
    Scene(name="23-dashboard-light", width=1728, height=1000, html=partial(dashboard, dark=False)),
    Scene(name="24-dashboard-dark", width=1120, height=720, density=2, dark=True, html=partial(dashboard, dark=True)),
)
