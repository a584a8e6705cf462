// How wide a page's images and its article's column are at many widths of the screen, from one load in a frame.
async ({ url, widths, height, article, limit, scripts }) => {
  const read = $read_page;
  const eager = $load_lazy;
  const frame = document.createElement('iframe');
  // It may not lead this page away.
  frame.setAttribute('sandbox', scripts ? 'allow-scripts allow-same-origin allow-forms' : 'allow-same-origin');
  frame.style.width = widths[widths.length - 1] + 'px';
  frame.style.height = height + 'px';
  try {
    const arrived = new Promise(done => {
      frame.addEventListener('load', () => done(true), { once: true });
      setTimeout(done, limit, false);
    });
    frame.src = url;
    document.body.replaceChildren(frame);
    if (!(await arrived)) return null;
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
