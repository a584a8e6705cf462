// Runs before a page's own scripts. Records what cannot be read later: paints, layout shifts, fades that have ended.
(() => {
  if (window !== window.top) return;
  const records = { lcp: [], shifts: [], fades: new Map() };
  const watch = (type, into) => {
    const observer = new PerformanceObserver(list => into.push(...list.getEntries()));
    observer.observe({ type, buffered: true });
    return () => into.push(...observer.takeRecords());
  };
  const flushes = [
    watch('largest-contentful-paint', records.lcp),
    watch('layout-shift', records.shifts),
  ];
  records.flush = () => flushes.forEach(flush => flush());

  // ms from an animation's start until its element is opaque, from its declared timing, without measuring time.
  const fades = animation => {
    const effect = animation.effect;
    if (!effect || !effect.getKeyframes) return 0;
    if (!effect.getKeyframes().some(each => each.opacity !== undefined && parseFloat(each.opacity) < 1)) return 0;
    const end = effect.getComputedTiming().endTime;
    return Number.isFinite(end) ? end / Math.abs(animation.playbackRate || 1) : Infinity;
  };
  records.note = animation => {
    const target = animation.effect && animation.effect.target;
    const ms = fades(animation);
    if (target && ms > 0) records.fades.set(target, Math.max(records.fades.get(target) || 0, ms));
  };
  const noted = event => {
    if (event.type === 'transitionrun' && event.propertyName !== 'opacity') return;
    if (event.target.getAnimations) event.target.getAnimations().forEach(records.note);
  };
  for (const type of ['transitionrun', 'animationstart']) {
    document.addEventListener(type, noted, { capture: true, passive: true });
  }
  Object.defineProperty(window, Symbol.for('imageseo'), { value: records });
})();
