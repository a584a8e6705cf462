// Load all images, wait until the layout is stable; return each element with text of its own or an image, with its box.
async ({ settle, html, known, hover }) => {
  const frame = () => atMost(250, new Promise(done => requestAnimationFrame(() => setTimeout(done))));
  const pause = ms => new Promise(done => setTimeout(done, ms));
  const atMost = (ms, promise) => Promise.race([promise, pause(ms)]);
  const SKIPPED = new Set(['SCRIPT', 'STYLE', 'LINK', 'META', 'TEMPLATE', 'SOURCE', 'NOSCRIPT', 'TITLE', 'HEAD', 'TRACK', 'PARAM']);
  const REPLACED = new Set(['IMG', 'VIDEO', 'CANVAS', 'IFRAME', 'OBJECT', 'EMBED', 'INPUT', 'TEXTAREA', 'SELECT', 'HR']);
  const tag = element => element.localName.toUpperCase();

  // A hero that a build inserts displaces the rest on purpose: compare the page without it.
  document.querySelectorAll('figure[data-imageseo="hero-figure"]').forEach(each => each.remove());
  for (const image of document.images) image.loading = 'eager';
  const loaded = image => image.complete || new Promise(done => {
    image.addEventListener('load', done, { once: true });
    image.addEventListener('error', done, { once: true });
  });
  await atMost(settle, Promise.all([document.fonts.ready, ...[...document.images].map(loaded)]));

  const own = element => [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data).join(' ').replace(/\s+/g, ' ').trim();
  // <picture> is left out of paths: a build adds it.
  const found = [];
  const walk = (node, path) => {
    for (const element of node.children) {
      const name = tag(element);
      if (SKIPPED.has(name)) continue;
      if (name === 'PICTURE') {
        walk(element, path);
        continue;
      }
      const here = path + '>' + element.localName;
      const text = own(element);
      if (name === 'AREA') found.push({ element, path: here, text: element.alt });
      else if (text || REPLACED.has(name) || name === 'SVG') found.push({ element, path: here, text });
      if (name === 'SVG') continue;
      if (element.shadowRoot) walk(element.shadowRoot, here + '>#shadow');
      walk(element, here);
    }
  };
  const boxes = () => {
    // A running animation has another box at every moment: show how it ends, or how it was without it.
    for (const each of document.getAnimations()) {
      try {
        if (Number.isFinite(each.effect.getComputedTiming().endTime)) each.finish(); else each.cancel();
      } catch { /* it has no end, or its target is gone */ }
    }
    found.length = 0;
    if (document.body) walk(document.body, '');
    return found.map(({ element }) => {
      const box = element.getBoundingClientRect();
      return [box.x + scrollX, box.y + scrollY, box.width, box.height];
    });
  };
  const end = performance.now() + settle;
  let now = boxes();
  for (let still = 0; still < 3 && performance.now() < end;) {
    await pause(70);
    await frame();
    const next = boxes();
    still = JSON.stringify(next) === JSON.stringify(now) ? still + 1 : 0;
    now = next;
  }

  const near = (url) => {
    try {
      const full = new URL(url, document.baseURI);
      return full.origin === location.origin ? decodeURI(full.pathname).replace(/^\//, '') : full.protocol === 'data:' ? 'data:' : full.href;
    } catch {
      return url;
    }
  };
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 8;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const thumbs = {};
  const thumb = async image => {
    const url = near(image.currentSrc);
    if (!image.naturalWidth || known.includes(url) || url in thumbs) return;
    thumbs[url] = null;
    try {
      const file = new Image(); // the natural size of an image with a srcset is divided by its density
      file.src = image.currentSrc;
      await atMost(2000, file.decode());
      pen.clearRect(0, 0, 8, 8);
      pen.imageSmoothingQuality = 'high';
      pen.drawImage(file, 0, 0, 8, 8);
      thumbs[url] = { width: file.naturalWidth, colors: [...pen.getImageData(0, 0, 8, 8).data] };
    } catch { /* of another host, or without a size of its own */ }
  };
  const elements = found.map(({ element, path, text }, index) => {
    const name = element.localName;
    const isImage = name === 'img';
    const shown = now[index][2] > 0 && now[index][3] > 0 && element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    const row = { path, name, text: text.slice(0, 200), box: now[index], shown };
    if (isImage) {
      // An alternative text that a build adds must not make another image of it.
      const added = (element.getAttribute('data-imageseo') || '').split(' ').includes('alt');
      Object.assign(row, { text: added ? '' : element.alt, src: near(element.getAttribute('src') || ''), current: near(element.currentSrc), loaded: element.naturalWidth > 0 });
    }
    if (name === 'area') row.state = `covers ${element.coords || 'nothing'}`;
    return row;
  });

  for (const [index, { element }] of found.entries()) if (element.localName === 'img' && elements[index].shown) await thumb(element);

  // An image that a script exchanges while the pointer is over it.
  const images = [...document.images];
  if (hover) {
    const sources = () => images.map(each => each.getAttribute('src') + each.getAttribute('srcset')).join();
    const before = sources();
    for (const image of images) for (const [type, bubbles] of [['pointerover', true], ['pointerenter', false], ['mouseover', true], ['mouseenter', false]]) {
      image.dispatchEvent(new MouseEvent(type, { bubbles, cancelable: true, view: window }));
    }
    await pause(20);
    if (sources() !== before) {
      await pause(100);
      await atMost(settle, Promise.all(images.map(loaded)));
      for (const [index, { element }] of found.entries()) if (element.localName === 'img') elements[index].hovered = near(element.currentSrc);
    }
  }

  // What the page as served has on its images, to compare with what scripts have left of it.
  const candidates = image => {
    const picture = image.parentElement && image.parentElement.localName === 'picture' ? image.parentElement : null;
    const sets = [image, ...(picture ? picture.querySelectorAll(':scope > source') : [])].map(each => each.getAttribute('srcset')).filter(Boolean);
    return sets.flatMap(set => [...set.matchAll(/(?:^|,)\s*([^\s,]\S*?)(?=\s|,\s|,?$)/g)].map(match => near(match[1].replace(/,$/, ''))));
  };
  const served = [];
  try {
    const source = new DOMParser().parseFromString(html, 'text/html');
    for (const image of source.images) {
      if (image.closest('noscript')) continue;
      const ours = image.hasAttribute('data-imageseo');
      served.push({ src: near(image.getAttribute('src') || ''), ours, candidates: ours ? candidates(image) : [], alt: image.alt });
    }
  } catch { /* the page's policy forbids to parse text (Trusted Types) */ }
  const live = [...document.images].map(image => ({ src: near(image.getAttribute('src') || ''), candidates: candidates(image).length, alt: image.alt }));
  return { elements, served, live, thumbs, density: devicePixelRatio };
}
