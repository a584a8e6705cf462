"""Images that scripts and handlers set or replace, by the ways in which they do so."""

from __future__ import annotations

import pytest

from imageseo.model.plan import MarkupForm
from tests.pipeline.test_markup_choice import choose

P = "<p class=b><img src=a.jpg></p>"


@pytest.mark.parametrize(
    ("body", "script"),
    [
        ("<img src=a.jpg class=x>", 'document.querySelector(".x")["src"] = u'),
        ("<img src=a.jpg id=x>", 'const el=document.getElementById("x"); el["src"] = u'),
        (P, "document.querySelector('.b img')['srcset']=u"),
        (P, "const e=document.querySelector('.b img'); Object.assign(e, {alt: 'x', src: u})"),
        (P, "Object.assign(document.querySelector('.b img'), {src})"),
        (P, "Reflect.set(document.querySelector('.b img'), 'src', u)"),
        (P, "document.querySelector('.b img').setAttributeNS(null, 'src', u)"),
        (P, "document.querySelector('.b').firstElementChild.src = u"),
        (P, "document.querySelector('.b').children[0].src = u"),
        ("<p id=b><img src=a.jpg></p>", "document.getElementById('b').children[0].src = u"),
        ("<p id=b><img src=a.jpg></p>", "var b = document.getElementById('b'); b.firstElementChild.src = u"),
        ("<p class=b>x</p><img src=a.jpg>", "document.querySelector('.b').nextElementSibling.src = u"),
        (
            "<div><p class=b>x</p><img src=a.jpg></div>",
            "document.querySelector('.b').parentNode.lastChild.src = u",
        ),
        (P, "document.querySelector('.b img').attributes.src.value = u"),
        (P, "document.querySelector('.b img').attributes['src'].nodeValue = u"),
        (P, "document.querySelector('.b img').getAttributeNode('src').value = u"),
        (P, "$('.b img').prop('src', u)"),
        (P, "$('.b img').attr({src: u, alt: ''})"),
        (P, "$('.b img').attr({ 'alt': '', 'src': u})"),
        (P, "$('.b').find('img').attr('src', u)"),
        (P, "$('.b').children().first().prop({src: u})"),
        (P, "document.querySelector('.b img').replaceWith(other)"),
        (P, "document.querySelector('.b img').outerHTML = '<img src=b.jpg>'"),
        (P, "const e=document.querySelector('.b img'); e.parentNode.replaceChild(n, e)"),
        (P, "$('.b img').replaceWith('<img src=b.jpg>')"),
        (P, "document.querySelector('.b').firstChild.replaceWith(x)"),
        ("<img src=a.jpg id=b>", "document.getElementById('b').outerHTML = x"),
        (P, "document.querySelector('.b').addEventListener('click', e => { e.target.src = u })"),
        (
            P,
            "$('.b img').forEach(i => i.addEventListener('click', function () { this.src = i.dataset.h }))",
        ),
        (P, "document.querySelector('.b img').onmouseover = function () { this.src = u }"),
        ("<img src=a.jpg id=big>", "Object.assign(big, {src: u})"),
        ("<img src=a.jpg name=big>", 'document.big["src"] = u'),
        ("<img src=a.jpg name=big>", 'document.images["big"].setAttribute("src", u)'),
        ("<img src=a.jpg id=big>", "big.srcset ||= u"),
    ],
)
def test_image_that_a_script_sets_or_replaces_gets_attributes_only(body: str, script: str) -> None:
    assert choose(f"{body}<script>{script}</script>").form is MarkupForm.ATTRIBUTES


@pytest.mark.parametrize(
    ("body", "script"),
    [
        (P, "Object.assign(document.querySelector('.b img'), {title: u})"),
        (
            "<p id=b><img src=a.jpg></p>",
            "var b = document.getElementById('b'); b.firstElementChild.alt = u; c.src = v",
        ),
        (P, "show(document.querySelector('.b img').attributes.src.value)"),
        (P, "document.querySelector('.b img').onerror = function () { this.src = u }"),
        (P, "$('.b img').on('error', function () { this.src = u })"),
        (
            P,
            "for (const i of $('.b img')) i.addEventListener('error', e => { e.target.src = u })",
        ),
        (
            P,
            "$('.b img').onclick = function () { big.src = this.src; title.innerHTML = this.alt }",
        ),
        (P, "$('.b img').attr({alt: 'src'})"),
        (P, "document.querySelector('.b').outerHTML = x"),
        (P, "document.querySelector('.b').replaceWith(x)"),
        ("<p id=b><img src=a.jpg></p>", "document.getElementById('b').outerHTML = x"),
        (P, "document.querySelector('.b img').addEventListener('click', e => { big.src = e.target.src })"),
        (
            P,
            "$('.b img').addEventListener('click', f); c.addEventListener('click', function () { this.src = u })",
        ),
        ("<img src=a.jpg id=big>", "if (big.src === u || big.src != u || big.src >= u) go()"),
        ("<img src=a.jpg id=big>", 'load({src: u}); const o = {"src": 1}; o.src; big.alt = 1'),
        ("<img src=a.jpg class=x>", "$('.x').attr('data-src', u); $('.y').prop('srcdoc', u)"),
        ("<img src=a.jpg class=x>", "const [a, src = 1] = f('.x')"),
    ],
)
def test_script_that_sets_something_else_leaves_an_image_its_variants(body: str, script: str) -> None:
    assert choose(f"{body}<script>{script}</script>").form is MarkupForm.PICTURE


@pytest.mark.parametrize(
    "body",
    [
        "<a onmouseover=\"this.querySelector('img').src='b.jpg'\"><img src=a.jpg></a><p>",
        "<div><a onclick=\"this.nextElementSibling.src='b.jpg'\">x</a><img src=a.jpg></div>",
        "<div><p><a onclick=\"this.parentNode.nextElementSibling.src='b.jpg'\">x</a></p><img src=a.jpg></div>",
        "<div><a onclick=\"this.parentElement.children[1].setAttribute('src', 1)\">x</a><img src=a.jpg></div>",
        "<a onclick='swap(this)'><img src=a.jpg></a><script>function swap(e){e.firstChild.src=1}</script>",
        "<a onclick='swap(event)'><img src=a.jpg></a><script>function swap(e){e.target.children[0].src=1}</script>",
        "<p><a onclick='swap(this)'>x</a><img src=a.jpg></p><script>function swap(e){e.nextSibling.src=1}</script>",
        "<img src=a.jpg onclick='swap(event)'><script>function swap(e){e.target.src=1}</script>",
        "<a href=\"javascript:void(document.pic.src='b.jpg')\">x</a><img name=pic src=a.jpg>",
        "<a href=\"javascript:document.images.pic.src='b.jpg'\">x</a><img name=pic src=a.jpg>",
        "<a onclick=\"this.closest('div').querySelector('img').src='b.jpg'\">x</a><div><img src=a.jpg></div>",
        "<button onclick='document[&quot;pic&quot;].src=1'>x</button><img name=pic src=a.jpg>",
        "<button onclick=\"document.getElementsByName('pic')[0].src=1\">x</button><img name=pic src=a.jpg>",
        '<button onclick="document.forms.f.pic.src=1">x</button><form name=f><img name=pic src=a.jpg></form>',
        '<button onclick="document.all.pic.src=1">x</button><img id=pic src=a.jpg>',
        "<button onclick=\"window['pic'].src=1\">x</button><img id=pic src=a.jpg>",
        "<button onclick=\"document.images[0].src='b.jpg'\">x</button><img src=a.jpg>",
        "<button onclick=\"document.images.item(0).src='b.jpg'\">x</button><img src=a.jpg>",
        "<button OnClick=\"pic.src='b.jpg'\">x</button><img id=pic src=a.jpg>",
        "<button oNcLiCk=\"pic.src='b.jpg'\">x</button><img id=pic src=a.jpg>",
        "<button\tonclick=pic.src='b.jpg'>x</button><img id=pic src=a.jpg>",
        "<button title=1 onclick=\"pic.src='b.jpg'\">x</button><img id=pic src=a.jpg>",
        '<a href=" javascript:pic.src=1">x</a><img id=pic src=a.jpg>',
        "<a href=javascript:pic.src=1>x</a><img id=pic src=a.jpg>",
        '<a href="jAvAscript:pic.src=1">x</a><img id=pic src=a.jpg>',
        "<a href=\"javascript:pic.src%3D'b.jpg'\">x</a><img id=pic src=a.jpg>",
        "<area onmouseover=\"MM_swapImage('pic','','b.jpg',1)\"><img name=pic src=a.jpg>"
        "<script>function MM_swapImage(){var x=MM_findObj(a[i]);x.src=a[i+2]}</script>",
        '<input type=image onclick="pic.src=1"><img id=pic src=a.jpg>',
        '<form action="javascript:pic.src=1"><img id=pic src=a.jpg></form>',
    ],
)
def test_image_that_a_handler_reaches_gets_attributes_only(body: str) -> None:
    assert choose(body).form is MarkupForm.ATTRIBUTES


@pytest.mark.parametrize(
    "body",
    [
        "<a onmouseover=\"this.querySelector('img').src='b.jpg'\">x</a><p><img src=a.jpg></p>",
        '<a onclick="big.src=this.firstChild.src"><img src=a.jpg></a><img id=big src=b.jpg>',
        '<a onclick="if(this.firstChild.src==1)go()"><img src=a.jpg></a><script>x.src=1</script>',
        "<a onclick='swap(this)'><img src=a.jpg></a><script>function swap(e){e.firstChild.alt=1;other.src=2}</script>",
        '<a href="javascript:void(0)">x</a><img name=pic src=a.jpg>',
        '<p>The text onclick="pic.src=1" is code</p><img id=pic src=a.jpg>',
        '<!-- <a onclick="pic.src=1"> --><img id=pic src=a.jpg>',
    ],
)
def test_handler_elsewhere_leaves_an_image_its_variants(body: str) -> None:
    assert choose(body).form is MarkupForm.PICTURE
