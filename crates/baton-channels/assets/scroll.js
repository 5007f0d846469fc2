// @ts-check
// Where one looks. The scroller is laid out from its end, so the newest post is at 0 and everything
// above it is negative: what comes on top moves nothing, what comes below would.

/** Nearer to the end than this, in pixels, counts as reading along. */
const NEAR = 60;

/** @param {HTMLElement} scroller */
export function watch(scroller) {
  const atEnd = () => scroller.scrollTop > -NEAR;
  return {
    atEnd,
    toEnd() {
      scroller.scrollTop = 0;
    },
    /** Does what changes the end, and keeps in view what is being read. @param {() => void} change */
    hold(change) {
      if (atEnd()) return change();
      // In fractions of a pixel: rounded, many small changes would add up.
      const height = () => scroller.firstElementChild?.getBoundingClientRect().height ?? 0;
      const [top, before] = [scroller.scrollTop, height()];
      change();
      scroller.scrollTop = top - (height() - before);
    },
    /** Does what changes something below the top of an element, and keeps the top in its place. @param {HTMLElement} element @param {() => void} change */
    keep(element, change) {
      const top = () => element.getBoundingClientRect().top;
      const before = top();
      change();
      scroller.scrollTop += top() - before;
    },
    /** @param {(near: { end: boolean, start: boolean }) => void} tell */
    onscroll(tell) {
      scroller.addEventListener("scroll", () => tell({
        end: atEnd(),
        start: scroller.scrollHeight - scroller.clientHeight + scroller.scrollTop < scroller.clientHeight,
      }), { passive: true });
    },
  };
}
