// Load every image without width and height; return all images and whether the size of each is known.
async (page, limit) => {
  const atMost = (ms, promise) => Promise.race([promise, new Promise(done => setTimeout(done, ms))]);
  // An image with width and height has its layout without being loaded.
  const unsized = [...page.images].filter(each => !(each.hasAttribute('width') && each.hasAttribute('height')));
  const load = each => {
    each.loading = 'eager';
    return each.complete || new Promise(done => { each.onload = each.onerror = done; });
  };
  await atMost(limit, Promise.all([page.fonts.ready, ...unsized.map(load)]));
  const sized = $is_sized;
  return { srcs: [...page.images].map(each => each.src), sized: [...page.images].map(sized) };
}
