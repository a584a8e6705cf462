// Return the widths of a page's images and its article's column at many viewports, from one load in a frame.
async ({ url, widths, height, article, limit, scripts }) => {
  const read = $read_page;
  const eager = $load_lazy;
  const frame = document.createElement('iframe');
  // The page may not navigate its parent away.
  frame.setAttribute('sandbox', scripts ? 'allow-scripts allow-same-origin allow-forms' : 'allow-same-origin');
  frame.style.width = widths[widths.length - 1] + 'px';
  frame.style.height = height + 'px';
  try {
    const loaded = new Promise(done => {
      frame.addEventListener('load', () => done(true), { once: true });
      setTimeout(done, limit, false);
    });
    frame.src = url;
    document.body.replaceChildren(frame);
    if (!(await loaded)) return null;
    const page = frame.contentDocument;
    if (!page || page.URL.split('#')[0] !== url) return null;
    const images = await eager(page, limit);
    const rows = widths.map(width => {
      frame.style.width = width + 'px';
      return read(page, article);
    });
    return { ...images, rows };
  } finally {
    document.body.replaceChildren();
  }
}
