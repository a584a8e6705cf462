// Have every image that does not say its size arrive, and say which images there are and of which the size is known.
async (page, limit) => {
  const atMost = (ms, promise) => Promise.race([promise, new Promise(done => setTimeout(done, ms))]);
  // Only an image that says its size needs no bytes to be laid out.
  const unsized = [...page.images].filter(each => !(each.hasAttribute('width') && each.hasAttribute('height')));
  const arrived = each => {
    each.loading = 'eager';
    return each.complete || new Promise(done => { each.onload = each.onerror = done; });
  };
  await atMost(limit, Promise.all([page.fonts.ready, ...unsized.map(arrived)]));
  const sized = $is_sized;
  return { srcs: [...page.images].map(each => each.src), sized: [...page.images].map(sized) };
}
