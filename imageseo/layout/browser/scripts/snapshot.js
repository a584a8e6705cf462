// Wait until a loaded page is stable; return its LCP, layout shifts and the positions of its images.
async ({ settle, fade, article }) => {
  const read = $read_page;
  const sized = $is_sized;
  const records = window[Symbol.for('imageseo')];
  const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  const atMost = (ms, promise) => Promise.race([promise, new Promise(done => setTimeout(done, ms))]);
  let end = performance.now() + settle;
  const left = () => Math.max(0, end - performance.now());

  const onScreen = element => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  };
  const loaded = image => image.complete || new Promise(done => {
    image.addEventListener('load', done, { once: true });
    image.addEventListener('error', done, { once: true });
  });
  const opacity = element => {
    let found = 1;
    for (let each = element; each instanceof Element; each = each.parentElement) found *= parseFloat(getComputedStyle(each).opacity);
    return found;
  };

  await atMost(left(), document.fonts.ready);
  await atMost(left(), Promise.all([...document.images].filter(onScreen).map(loaded)));
  await frame();
  // Running fades determine when the LCP is painted, except endless ones and those outside the viewport.
  const running = () => document.getAnimations().filter(each => {
    records.note(each);
    const target = each.effect && each.effect.target;
    return target && records.fades.has(target) && Number.isFinite(records.fades.get(target)) && each.playState === 'running' && onScreen(target);
  });
  const faded = performance.now() + fade;
  const faint = () => [...document.images].some(each => each.naturalWidth > 0 && onScreen(each) && each.width >= 100 && opacity(each) < 0.99);
  for (let fading = running(); performance.now() < faded && (fading.length || faint()); fading = running()) {
    const pause = new Promise(done => setTimeout(done, 50));
    await (fading.length ? atMost(faded - performance.now(), Promise.all(fading.map(each => each.finished.catch(() => 0)))) : pause);
    await frame();
  }
  end = Math.max(end, performance.now() + settle / 2);
  // A paint is reported some frames later: wait for two frames without a new entry; twenty if there is no entry yet.
  for (let count = -1, quiet = 0; quiet < (count > 0 ? 2 : 20) && left() > 0;) {
    await frame();
    records.flush();
    quiet = records.lcp.length === count ? quiet + 1 : 0;
    count = records.lcp.length;
  }
  records.flush();

  const about = image => {
    const box = image.getBoundingClientRect();
    const shown = box.width > 0 && box.height > 0 && image.checkVisibility({ visibilityProperty: true });
    return { src: image.src, top: shown ? box.top + scrollY : null, sized: sized(image) };
  };
  const content = element => {
    const style = getComputedStyle(element);
    const sum = (...names) => names.reduce((total, name) => total + (parseFloat(style[name]) || 0), 0);
    const box = element.getBoundingClientRect();
    return [
      box.width - sum('paddingLeft', 'paddingRight', 'borderLeftWidth', 'borderRightWidth'),
      box.height - sum('paddingTop', 'paddingBottom', 'borderTopWidth', 'borderBottomWidth'),
    ];
  };
  const natural = async image => {
    if (!image.srcset && !(image.parentElement instanceof HTMLPictureElement)) return [image.naturalWidth, image.naturalHeight];
    const file = new Image(); // the natural size of an image with a srcset is divided by its density
    file.src = image.currentSrc;
    await atMost(1000, file.decode().catch(() => 0));
    return [file.naturalWidth, file.naturalHeight];
  };
  const lcp = async () => {
    const last = records.lcp[records.lcp.length - 1];
    if (!last) return { kind: 'none' };
    const element = last.element;
    const found = { kind: 'text', url: last.url, label: '' };
    if (!element) return { ...found, kind: last.url ? 'background' : 'text' };
    const name = element.tagName.toUpperCase();
    if (last.url) found.kind = { IMG: 'image', IMAGE: 'image', VIDEO: 'video' }[name] || 'background';
    else if (name === 'VIDEO') found.kind = 'video';
    found.label = element.outerHTML.slice(0, 300);
    [found.width, found.height] = content(element);
    if (name === 'IMG') {
      found.natural = await natural(element);
      found.url = element.currentSrc || last.url;
    }
    let ms = 0;
    for (let each = element; each instanceof Element; each = each.parentElement) ms = Math.max(ms, records.fades.get(each) || 0);
    if (opacity(element) < 0.99) ms = Infinity; // it is still not opaque
    found.fade = ms;
    return found;
  };
  // The worst session window of shifts, as CLS is defined: gaps below 1 s, at most 5 s in total.
  const cls = () => {
    let worst = 0, sum = 0, first = 0, before = 0;
    for (const each of records.shifts.filter(shift => !shift.hadRecentInput)) {
      if (sum && each.startTime - before < 1000 && each.startTime - first < 5000) sum += each.value;
      else { sum = each.value; first = each.startTime; }
      before = each.startTime;
      worst = Math.max(worst, sum);
    }
    return worst;
  };
  const last = records.lcp[records.lcp.length - 1];
  const entry = last && last.url ? performance.getEntriesByName(last.url, 'resource').pop() : undefined;
  const largest = await lcp();
  // No await from here on, so that all image data is of the same moment.
  const images = [...document.images];
  if (last && last.element && largest.natural) largest.index = images.indexOf(last.element);
  return {
    lcp: largest,
    bytes: entry ? entry.encodedBodySize : 0,
    cls: cls(),
    images: images.map(about),
    read: read(document, article),
  };
}
