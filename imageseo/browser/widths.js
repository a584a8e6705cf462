// How wide a page's images and its article's column are at many widths of the screen, from one load in a frame.
async ({ url, widths, height, article, limit }) => {
  const read = $read;
  const eager = $eager;
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts allow-same-origin allow-forms'); // it may not lead this page away
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
    const srcs = await eager(page, limit);
    const rows = widths.map(width => {
      frame.style.width = width + 'px';
      return read(page, article);
    });
    return { srcs, rows };
  } finally {
    document.body.replaceChildren();
  }
}
