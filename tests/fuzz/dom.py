"""What Chromium builds of a page, apart from imageseo's own markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from playwright.sync_api import Page

from imageseo.web.html.edits import ADDABLE, LINK_ADDABLE
from tests.support.browser import chromium

_NODES = r"""
([pages, addable, linkAddable]) => {
  const allowed = {img: new Set(addable), link: new Set(linkAddable)}, MARK = 'data-imageseo';
  const nodes = (html) => {
    const rows = [];
    const text = (value, depth) => {
      const last = rows[rows.length - 1];
      if (last && last[0] === 'text' && last[2] === depth) last[1] += value; else rows.push(['text', value, depth]);
    };
    const visit = (node, depth) => {
      if (node.nodeType === 3) return text(node.data, depth);
      if (node.nodeType === 8) return void rows.push(['comment', node.data, depth]);
      if (node.nodeType !== 1) return;
      const name = node.localName, mark = node.getAttribute(MARK), ours = node.namespaceURI.endsWith('xhtml');
      if (ours && mark === '' && (name === 'style' || name === 'script' || name === 'link')) return;
      if (ours && mark === 'hero-figure' && name === 'figure') return;
      if (ours && mark === '' && name === 'picture') {
        for (const child of node.childNodes) if (child.localName !== 'source') visit(child, depth);
        return;
      }
      let attributes = [...node.attributes].map((item) => [item.name, item.value]);
      if (ours && mark && allowed[name]) {
        const listed = new Set(mark.split(/\s+/));
        attributes = attributes.filter(([key]) => key !== MARK && !(listed.has(key) && allowed[name].has(key)));
      }
      rows.push(['element', node.namespaceURI.slice(-4) + ' ' + name + ' ' + JSON.stringify(attributes), depth]);
      for (const child of node.childNodes) visit(child, depth + 1);
      if (ours && name === 'template') for (const child of node.content.childNodes) visit(child, depth + 1);
    };
    for (const child of new DOMParser().parseFromString(html, 'text/html').childNodes) visit(child, 0);
    return rows.filter((row) => row[0] !== 'text' || row[1].trim()).map((row) => row.join(' '));
  };
  return pages.map(([before, after]) => {
    const was = nodes(before), now = nodes(after);
    const at = was.findIndex((row, index) => row !== now[index]);
    if (at < 0 && was.length === now.length) return null;
    return [was[at < 0 ? now.length : at] ?? '-', now[at < 0 ? was.length : at] ?? '-'];
  });
}
"""


class Doms:
    """Compares pages before and after a build, many in one call of the browser."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def differences(self, pairs: Sequence[tuple[bytes, bytes]]) -> list[str | None]:
        """Return the first difference of each pair; None of pages that are equal apart from our own markup."""
        texts = [[each.decode("utf-8", "replace") for each in pair] for pair in pairs]
        found = self._page.evaluate(_NODES, [texts, sorted(ADDABLE), sorted(LINK_ADDABLE)])
        return [None if each is None else f"before {each[0][:300]}\nafter  {each[1][:300]}" for each in found]


@contextmanager
def doms() -> Iterator[Doms]:
    with chromium() as browser:
        yield Doms(browser.new_page())
