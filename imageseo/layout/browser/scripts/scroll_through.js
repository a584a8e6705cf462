// Scroll through a loaded page as a visitor does, so that lazy images and scripts that wait for them start; then go back.
async ({ settle, steps }) => {
  const atMost = (ms, promise) => Promise.race([promise, new Promise(done => setTimeout(done, ms))]);
  const pause = ms => new Promise(done => setTimeout(done, ms));
  const loaded = image => image.complete || new Promise(done => {
    image.addEventListener('load', done, { once: true });
    image.addEventListener('error', done, { once: true });
  });
  const height = document.scrollingElement ? document.scrollingElement.scrollHeight : 0;
  const step = Math.max(innerHeight * 0.9, height / steps);
  for (let top = step; top < height; top += step) {
    scrollTo({ top, behavior: 'instant' });
    await pause(30);
  }
  scrollTo({ top: 0, behavior: 'instant' });
  const lazy = image => image.loading === 'lazy' && image.naturalWidth === 0;
  await atMost(settle, Promise.all([document.fonts.ready, ...[...document.images].filter(each => !lazy(each)).map(loaded)]));
  await pause(50);
}
