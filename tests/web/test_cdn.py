"""URLs of CDNs as their documentation writes them, and settings that do not fit."""

from __future__ import annotations

from typing import Any

import pytest

from imageseo.config.delivery import CdnSettings
from imageseo.model.errors import SettingsError
from imageseo.web.cdn.delivery import Delivery, delivered_pattern
from imageseo.web.cdn.template import template_names, template_of
from imageseo.web.cdn.templates import imgproxy
from imageseo.web.srcset.candidates import parse_srcset

# https://docs.imgproxy.net/usage/signing_url: "Example"
SECRETS = {"IMGPROXY_KEY": "736563726574", "IMGPROXY_SALT": "68656C6C6F"}
OWN = "https://cdn.example/{path}?w={width}&fm={format}"


def urls(
    path: str,
    *,
    base: str = "https://example.org/",
    formats: tuple[str, ...] = ("avif",),
    width: int = 640,
    **keys: Any,
) -> list[str]:
    delivery = Delivery.of(CdnSettings(**keys), base, SECRETS)
    assert delivery is not None
    return [each.url for each in delivery.candidates(path, [(name, width) for name in formats], 2000)]


def test_urls_are_those_of_the_documentation() -> None:
    # https://cloudinary.com/documentation/fetch_remote_images: res.cloudinary.com/CLOUD/image/fetch/OPTIONS/URL
    cloudinary: dict[str, Any] = {"template": "cloudinary", "host": "https://res.cloudinary.com/demo"}
    wikimedia = "https://upload.wikimedia.org/wikipedia/commons/1/13/"
    assert urls("Benedict_Cumberbatch_2011.png", base=wikimedia, formats=("avif", "webp"), width=500, **cloudinary) == [
        f"https://res.cloudinary.com/demo/image/fetch/f_{name}/q_auto/w_500/{wikimedia}Benedict_Cumberbatch_2011.png"
        for name in ("avif", "webp")
    ]
    assert urls("a.jpg", negotiate=True, quality=70, **cloudinary) == [
        "https://res.cloudinary.com/demo/image/fetch/f_auto/q_70/w_640/https://example.org/a.jpg"
    ]
    # https://developers.cloudflare.com/images/transform-images/transform-via-url/: a path, or an absolute URL
    own = urls("uploads/avatar1.jpg", template="cloudflare", quality=75, width=80)
    assert own == ["/cdn-cgi/image/width=80,quality=75,format=avif/uploads/avatar1.jpg"]
    other: dict[str, Any] = {"template": "cloudflare", "host": "https://zone.example"}
    assert urls("a.jpg", **other) == [
        "https://zone.example/cdn-cgi/image/width=640,format=avif/https://example.org/a.jpg"
    ]
    assert urls("a.jpg", base="https://zone.example/docs", **other) == [
        "https://zone.example/cdn-cgi/image/width=640,format=avif/docs/a.jpg"
    ]
    # https://developers.cloudflare.com/images/cloudflare-images/serve-images/: HASH/ID/VARIANT
    hosted: dict[str, Any] = {"template": "cloudflare-images", "variants": {"public": 1366}}
    image = "083eb7b2-5392-4565-b69e-aff66acddd00"
    assert urls(image, host="https://imagedelivery.net/ZWd9g1K7eljCn_KDTu_MWA", **hosted) == [
        f"https://imagedelivery.net/ZWd9g1K7eljCn_KDTu_MWA/{image}/public"
    ]
    custom = "https://example.com/cdn-cgi/imagedelivery/ZWd9g1K7eljCn_KDTu_MWA"
    assert urls(image, host=custom, **hosted) == [f"{custom}/{image}/public"]
    # https://docs.fastly.com/en/guides/serving-images: image.jpg?width=200; reference/io/auto: ?auto=avif
    fastly: dict[str, Any] = {"template": "fastly", "host": "https://www.fastly.io"}
    assert urls("image.jpg", width=200, **fastly) == ["https://www.fastly.io/image.jpg?width=200&format=avif"]
    assert urls("image.jpg", width=200, quality=80, negotiate=True, **fastly) == [
        "https://www.fastly.io/image.jpg?width=200&auto=avif&quality=80"
    ]


def test_signature_of_imgproxy_is_that_of_its_documentation() -> None:
    path = "/rs:fill:300:400:0/g:sm/aHR0cDovL2V4YW1w/bGUuY29tL2ltYWdl/cy9jdXJpb3NpdHku/anBn.png"
    assert imgproxy.sign(path, SECRETS) == "oKfUtW34Dvo2BGQehJFR4Nr0_rIjOtdtzJ3QFsUcXH8"
    host = "https://imgproxy.example.com"
    [url] = urls("images/curiosity.jpg", base="http://example.com/", template="imgproxy", host=host, quality=60)
    signature, _, rest = url.removeprefix(f"{host}/").partition("/")
    assert rest == "rs:fit:640:0/q:60/aHR0cDovL2V4YW1wbGUuY29tL2ltYWdlcy9jdXJpb3NpdHkuanBn.avif"
    assert signature == imgproxy.sign("/" + rest, SECRETS)
    assert "736563726574" not in url


def test_templates_of_the_settings() -> None:
    netlify = "/.netlify/images?url=/{path}&w={width}&fm={format}&q={quality}"
    assert urls("owl.jpg", template=netlify, quality=60) == ["/.netlify/images?url=/owl.jpg&w=640&fm=avif&q=60"]
    vercel = "/_vercel/image?url=%2F{path}&w={width}&q={quality}"
    assert urls("img/a.jpg", template=vercel, quality=75) == ["/_vercel/image?url=%2Fimg/a.jpg&w=640&q=75"]
    proxy = "https://acme.imgix.net/{url}?w={width}&fm={format}"
    assert urls("a.jpg", template=proxy) == ["https://acme.imgix.net/https%3A%2F%2Fexample.org%2Fa.jpg?w=640&fm=avif"]


@pytest.mark.parametrize(
    ("path", "encoded"),
    [("foo bar.png", "foo%20bar.png"), ("a (1),b.jpg", "a%20%281%29%2Cb.jpg"), ("ä/é.png", "%C3%A4/%C3%A9.png")],
)
def test_names_are_encoded_once_and_srcset_is_read_back(path: str, encoded: str) -> None:
    """nuxt/image#1878, next-cloudinary#235: commas cut srcset to pieces, `%20` became `%2520`."""
    comma = "https://c.example/w={width},h=620,f={format}/{path}"
    every: tuple[dict[str, Any], ...] = (
        {"template": "cloudinary", "host": "https://res.cloudinary.com/demo"},
        {"template": "cloudflare", "quality": 75},
        {"template": "fastly"},
        {"template": OWN},
        {"template": comma},
        {"template": "https://c.example/{width}/{format}/{url},"},
    )
    for keys in every:
        for base in ("https://example.org/", "https://example.org/my%20docs/", "https://example.org/my docs/"):
            found = urls(path, base=base, formats=("avif", "webp"), **keys)
            assert all("%25" not in url and " " not in url for url in found)
            assert all(encoded in url or encoded.replace("/", "%2F") in url for url in found)
            text = ", ".join(f"{url.rstrip(',')} {width}w" for width, url in enumerate(found, 100))
            assert [each.url for each in parse_srcset(text)] == [url.rstrip(",") for url in found]


def test_a_name_that_servers_read_differently_is_not_delivered() -> None:
    delivery = Delivery.of(CdnSettings(template=OWN), "https://example.org/", {})
    assert delivery is not None
    assert [
        name for name in ("a b.jpg", "ü.jpg", "50%.jpg", "a?b.jpg", "a#b.jpg", "a\\b.jpg") if delivery.accepts(name)
    ] == [
        "a b.jpg",
        "ü.jpg",
    ]


def test_variants_of_an_account_never_claim_more_than_the_file_has() -> None:
    cdn = CdnSettings(
        template="cloudflare-images",
        host="https://imagedelivery.net/h",
        variants={"xl": 2400, "s": 400, "l": 1200, "m": 400},
    )
    delivery = Delivery.of(cdn, "https://example.org/", {})
    assert delivery is not None
    found = delivery.candidates("a.jpg", [("webp", 320)], 900)
    assert [(each.url.rpartition("/")[2], each.width) for each in found] == [("m", 400), ("l", 900)]


def test_urls_on_the_own_host_are_recognised_as_delivered() -> None:
    for keys in (
        {"template": "fastly"},
        {"template": "fastly", "quality": 60},
        {"template": "/i/{width}/{format}/{path}"},
    ):
        cdn = CdnSettings(**keys)
        pattern = delivered_pattern(cdn, "https://example.org/docs/")
        assert pattern is not None
        [url] = urls("img/a b.jpg", base="https://example.org/docs/", **keys)
        assert pattern.fullmatch(url)
        assert not pattern.fullmatch("/docs/img/a%20b.jpg")
    assert delivered_pattern(CdnSettings(template=OWN), "https://example.org/") is None
    assert delivered_pattern(CdnSettings(), "https://example.org/") is None


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"template": "cloudinari"}, "did you mean cloudinary?"),
        ({"template": "cloudinary"}, "delivery.cdn.host: missing"),
        # nuxt/image#891
        ({"template": "cloudflare", "host": "https://imagedelivery.net/hash"}, "is a host of cloudflare-images"),
        (
            {"template": "cloudflare-images", "host": "https://e.org/cdn-cgi/image", "variants": {"a": 1}},
            "expected https://imagedelivery.net/",
        ),
        ({"template": "fastly", "host": "https://res.cloudinary.com/demo"}, "is a host of cloudinary"),
        ({"template": "cloudflare", "host": "https://e.org/cdn-cgi/image"}, "expected the host alone"),
        ({"template": "https://imagedelivery.net/h/{path}/w={width}"}, "set template to cloudflare-images"),
        ({"template": "cloudflare-images", "host": "https://imagedelivery.net/h"}, "delivery.cdn.variants: missing"),
        ({"template": "fastly", "variants": {"a": 1}}, "only cloudflare-images has named variants"),
        ({"template": "https://c.example/{path}"}, "has no {width}"),
        ({"template": "https://c.example/{width}"}, "names no image"),
        ({"template": "https://c.example/{path}/{size}"}, "found {size}"),
        ({"template": "https://c.example/{path}/{width"}, "a brace that is not closed"),
        ({"template": "https://c.example/{path}/{width:04}"}, "expected the name alone"),
        ({"template": "https://c.example/{path}?w={width}&q={quality}"}, "set delivery.cdn.quality too"),
        ({"template": "https://c.example/{path} ?w={width}"}, "has a space"),
        ({"template": OWN, "negotiate": True}, "the template has {format}"),
        ({"template": OWN, "host": "https://c.example"}, "the template is a whole URL"),
        ({"template": "fastly", "host": "https://me:secret@c.example"}, "without query or login"),
        ({"template": "fastly", "source": "https://c.example/?a=1"}, "without query or login"),
    ],
)
def test_settings_that_do_not_fit_are_errors(keys: dict[str, Any], expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        template_of(CdnSettings(**keys))
    assert expected in str(caught.value)
    assert "secret" not in str(caught.value)


def test_missing_keys_and_site_url_are_errors() -> None:
    cdn = CdnSettings(template="imgproxy", host="https://i.example")
    with pytest.raises(SettingsError, match="IMGPROXY_KEY: missing"):
        Delivery.of(cdn, "https://example.org/", {})
    with pytest.raises(SettingsError, match="expected bytes in hexadecimal") as caught:
        Delivery.of(cdn, "https://example.org/", {**SECRETS, "IMGPROXY_SALT": "not hex"})
    assert "not hex" not in str(caught.value)
    with pytest.raises(SettingsError, match="site_url: missing"):
        Delivery.of(cdn, None, SECRETS)


def test_each_file_of_the_package_is_a_template() -> None:
    assert template_names() == ("cloudflare", "cloudflare-images", "cloudinary", "fastly", "imgproxy")
