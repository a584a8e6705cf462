"""The HTML of sources, attributes and heroes."""

from __future__ import annotations

from imageseo.model.image import SourceTag
from imageseo.model.plan import Label
from imageseo.web.markup_text import attribute_run, hero_figure, source_tags

AVIF = SourceTag(type="image/avif", srcset="a&b.avif 480w", sizes='(min-width:"1px")', media=None)


def test_values_are_escaped_and_empty_sizes_left_out() -> None:
    assert attribute_run([("alt", """<"it's" & more>"""), ("width", "1")]) == (
        ' alt="&lt;&#34;it&#39;s&#34; &amp; more&gt;" width="1"'
    )
    assert source_tags([AVIF, AVIF._replace(sizes=None)]) == (
        '<source type="image/avif" srcset="a&amp;b.avif 480w" sizes="(min-width:&#34;1px&#34;)">'
        '<source type="image/avif" srcset="a&amp;b.avif 480w">'
    )
    assert attribute_run([]) == source_tags([]) == ""


def test_hero_has_only_the_elements_that_it_needs() -> None:
    attributes = [("src", "a.jpg")]
    plain = '<figure data-imageseo="hero-figure"><img src="a.jpg"></figure>'
    assert hero_figure([], attributes, caption=None, label=None) == plain
    assert hero_figure([], attributes, caption="", label=None) == plain
    assert "<figcaption>1 &lt; 2</figcaption></figure>" in hero_figure([], attributes, caption="1 < 2", label=None)
    picture = hero_figure([AVIF], attributes, caption=None, label=None)
    assert f'<picture data-imageseo>{source_tags([AVIF])}<img src="a.jpg"></picture>' in picture


def test_label_is_in_the_caption_and_over_the_image_in_its_language() -> None:
    label = Label(caption="Image: AI-generated", overlay="AI", language="en")
    assert hero_figure([], [("src", "a.jpg")], caption="Dawn", label=label) == (
        '<figure data-imageseo="hero-figure"><span data-imageseo="hero-frame"><img src="a.jpg">'
        '<span data-imageseo="ai-overlay" lang="en">AI</span></span>'
        '<figcaption>Dawn · <span data-imageseo="ai-label" lang="en">Image: AI-generated</span></figcaption></figure>'
    )
    plain = hero_figure([], [("src", "a.jpg")], caption=None, label=Label(caption="KI", overlay=None, language=None))
    assert plain.endswith('<figcaption><span data-imageseo="ai-label">KI</span></figcaption></figure>')
