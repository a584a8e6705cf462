"""The form of each image's markup: the fullest one that is safe on its page."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageseo.layout.image_style import ImageStyle
from imageseo.model.plan import MarkupChoice, MarkupForm
from imageseo.pipeline.safe_markup.choice import MarkupChooser
from imageseo.pipeline.safe_markup.style_rules import style_text
from imageseo.web.csp import style_hash
from imageseo.web.html.page_scan import scan_page
from imageseo.web.srcset.preload import Preload

PAGE = "<!doctype html><html><head><title>T</title></head><body><main>{}</main></body></html>"
RULES = (style_text(), style_text(overlay=True))


def choose(
    body: str = "<img src=a.jpg alt=a>",
    *,
    style: ImageStyle | None = None,
    preload: Preload | None = None,
    **options: object,
) -> MarkupChoice:
    html = PAGE.format(body).encode()
    scan = scan_page(html)
    ref = scan.refs[0]
    values: dict[str, object] = {"wanted": "auto", "rules": RULES, **options}
    chooser = MarkupChooser(
        html=html,
        scan=scan,
        styles={ref.span: style} if style else {},
        preloads={ref.span: preload} if preload else {},
        **values,  # type: ignore[arg-type]
    )
    return chooser.choose(ref)


def test_plain_image_gets_picture() -> None:
    assert choose() == MarkupChoice()


@pytest.mark.parametrize(
    ("body", "style", "part"),
    [
        ("<img src=a.jpg slot=before>", None, "slot"),
        ("<div id=__next><img src=a.jpg></div>", None, "Next.js"),
        ("<astro-island><img src=a.jpg></astro-island>", None, "astro-island"),
        ("<image-compare><div><img src=a.jpg></div></image-compare>", None, "image-compare"),
        ("<script src=/js/jquery.fancybox.min.js></script><img src=a.jpg>", None, "fancybox"),
        ("<img src=a.jpg>", ImageStyle(wrapper="img + em"), "img + em"),
        ("<img src=a.jpg>", ImageStyle(picture="img, picture", picture_important=True), "box"),
    ],
)
def test_image_without_wrapper_gets_srcset(body: str, style: ImageStyle | None, part: str) -> None:
    choice = choose(body, style=style)
    assert choice.form is MarkupForm.IMG
    assert choice.reason is not None
    assert part in choice.reason


def test_framework_renders_panels_of_tabs_anew() -> None:
    choice = choose("<div id=__docusaurus><div role=tabpanel><img src=a.jpg></div></div>")
    assert (choice.form, choice.reason) == (MarkupForm.ATTRIBUTES, "Docusaurus renders panels of tabs again")
    assert choose("<div role=tabpanel><img src=a.jpg></div>").form is MarkupForm.PICTURE


def test_preload_link_with_a_type_gets_one_format() -> None:
    preload = Preload(href="a.jpg", type="image/jpeg", media=None, srcset=None, sizes=None, crossorigin=False)
    assert choose(preload=preload).form is MarkupForm.IMG
    assert choose(preload=preload._replace(type=None)).form is MarkupForm.PICTURE
    assert choose(preload=preload._replace(srcset="b.jpg 900w")).form is MarkupForm.ATTRIBUTES


def test_file_that_the_page_loads_anyway_gets_no_variants() -> None:
    html = PAGE.format("<img src=a.jpg alt=a>").encode()
    choice = choose(loaded=[scan_page(html).refs[0].span])
    assert choice.form is MarkupForm.ATTRIBUTES
    assert "background" in str(choice.reason)


@pytest.mark.parametrize("policy", ["default-src 'self'", "style-src https:", "style-src 'nonce-x' 'unsafe-inline'"])
def test_policy_against_inline_styles_leaves_out_all_that_needs_them(policy: str) -> None:
    choice = choose(policies=[policy])
    assert (choice.form, choice.sized, choice.styled) == (MarkupForm.IMG, False, False)


def test_policy_that_allows_our_rules_changes_little() -> None:
    choice = choose(policies=[f"style-src 'self' {style_hash(RULES[0])}"])
    assert (choice.form, choice.sized, choice.styled) == (MarkupForm.PICTURE, True, False)
    assert choose(policies=["default-src 'self'"], rules=None).form is MarkupForm.PICTURE  # in a file of the site
    assert choose(policies=["style-src 'none'"], rules=None).form is MarkupForm.IMG


def test_rules_of_style_sheets_restrict_attributes() -> None:
    choice = choose(style=ImageStyle(attributes={"width": "img:not([width])", "loading": "img[loading]"}))
    assert (choice.form, choice.sized, set(choice.fixed)) == (MarkupForm.PICTURE, False, {"width", "loading"})
    choice = choose(style=ImageStyle(natural_size=".h-20"))
    assert (choice.form, choice.sized, choice.natural, choice.styled) == (MarkupForm.PICTURE, True, True, False)
    assert choose(style=ImageStyle(stretched=".column")) == choice
    choice = choose(style=ImageStyle(contained=".row"))
    assert (choice.form, choice.sized, choice.natural, choice.styled) == (MarkupForm.PICTURE, True, False, False)
    assert choose(style=ImageStyle(picture="img, picture")).contents
    both = ImageStyle(wrapper="p > img", attributes={"srcset": "img[srcset]"})
    assert choose(style=both).form is MarkupForm.ATTRIBUTES


@pytest.mark.parametrize(
    ("wanted", "form"), [("picture", "picture"), ("img", "img"), ("attributes", "attributes"), ("auto", "img")]
)
def test_setting_decides_except_where_a_script_owns_the_image(wanted: str, form: str) -> None:
    style = ImageStyle(wrapper="img + em")
    assert choose(style=style, wanted=wanted).form == form
    assert choose("<img src=a.jpg data-src=b.jpg>", wanted=wanted).form is MarkupForm.NONE
    assert choose("<img src=a.jpg usemap=#m>", wanted=wanted).form is MarkupForm.ATTRIBUTES


def test_script_of_the_site_that_names_an_image_owns_it() -> None:
    body = "<img src=a.jpg id=stage><script src=/js/gallery.js></script>"
    scripts = {"/js/gallery.js": "document.getElementById('stage').src = url"}
    choice = choose(body, read_script=scripts.get)
    assert (choice.form, choice.sized) == (MarkupForm.ATTRIBUTES, False)
    assert choose(body).form is MarkupForm.PICTURE


def test_manual_has_the_hashes_of_the_rules() -> None:
    manual = (Path(__file__).parents[2] / "site_example/docs/concepts/safe-markup.md").read_text("utf-8")
    assert all(style_hash(text) in manual for text in RULES)


SWAP = "<script>function swap(e, url) { e.src = url }</script>"


@pytest.mark.parametrize(
    "body",
    [
        """<img src=a.jpg id=big><a onclick="document.getElementById('big').src='b.jpg'">b</a>""",
        """<img src=a.jpg id=big><a href="javascript:document.getElementById('big').src='b.jpg'">b</a>""",
        "<a onmouseover=\"this.firstChild.src='b.jpg'\"><img src=a.jpg></a>",
        f"<img src=a.jpg onclick='swap(this, 1)'>{SWAP}",
        f"<img src=a.jpg id=big><a onclick='swap(\"big\")'>b</a>{SWAP}",
        "<img src=a.jpg name=pic><script>document.pic.src = 'b.jpg'</script>",
        "<svg><desc><img src=b.jpg></desc></svg><img src=a.jpg><script>document.images[1].src = 'b.jpg'</script>",
        "<template><img src=b.jpg></template><img src=a.jpg><script>document.images[0].src = 'b.jpg'</script>",
    ],
)
def test_image_whose_file_a_handler_or_script_exchanges_gets_attributes_only(body: str) -> None:
    choice = choose(body)
    assert (choice.form, choice.sized) == (MarkupForm.ATTRIBUTES, False)


@pytest.mark.parametrize(
    "body",
    [
        "<img src=a.jpg id=big><a onclick='open()'>b</a>",
        "<img src=a.jpg onload='done(this)'>",
        f"<a onclick='this.blur()'><img src=a.jpg></a>{SWAP}",
    ],
)
def test_other_handlers_leave_an_image_its_variants(body: str) -> None:
    assert choose(body).form is MarkupForm.PICTURE


def test_file_that_a_linked_sheet_loads_gets_no_variants() -> None:
    choice = choose(style=ImageStyle(background=".hero"))
    assert (choice.form, choice.sized) == (MarkupForm.ATTRIBUTES, True)
    assert choice.reason == "`.hero` in the page's style sheets also loads its file as a background"
