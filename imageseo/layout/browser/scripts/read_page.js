// Return the current widths of a document's images and its article's column in CSS px; 0 if not shown.
(page, article) => {
  const view = page.defaultView;
  const edges = ['paddingLeft', 'paddingRight', 'borderLeftWidth', 'borderRightWidth'];
  const content = element => {
    const style = view.getComputedStyle(element);
    const width = parseFloat(style.width); // layout width, before transforms
    const around = style.boxSizing === 'border-box' ? edges.reduce((sum, name) => sum + parseFloat(style[name]), 0) : 0;
    return Number.isFinite(width) ? Math.max(0, width - around) : 0;
  };
  const image = each => each.getClientRects().length && each.checkVisibility({ visibilityProperty: true }) ? content(each) : 0;
  const same = each => Object.entries(article.attributes).every(([name, value]) => each.getAttribute(name) === value);
  const found = () => {
    if (!article) return page.body;
    const named = [...page.getElementsByTagName(article.name)];
    const { id, class: classes = '' } = article.attributes;
    const alike = each => classes.split(/\s+/).filter(Boolean).every(name => each.classList.contains(name));
    return named.filter(same)[article.nth] || (id && page.getElementById(id)) || named.find(alike) || named[0] || page.body;
  };
  // The column is the element with the article's text, which may be a block inside the article.
  const column = element => {
    const counts = new Map();
    for (const each of element.getElementsByTagName('p')) {
      const flow = each.parentElement;
      const aside = flow.closest('li, td, th, blockquote, figure, details, aside, footer, header, nav');
      if (aside && aside !== element && element.contains(aside)) continue;
      counts.set(flow, (counts.get(flow) || 0) + 1);
    }
    let best = element, most = 0;
    for (const [flow, count] of counts) if (count > most) [best, most] = [flow, count];
    return best;
  };
  const flow = column(found());
  return { images: [...page.images].map(image), column: flow.getClientRects().length ? content(flow) : 0 };
}
