// @ts-check
// The scroll position. The scroller is laid out from its end: the newest post is at 0, and positions above are
// negative. New content on top moves nothing; new content below would move the view.

/** Distance to the end, in pixels, below which the view follows new posts. */
const NEAR = 60;

/** @param {HTMLElement} scroller */
export function watch(scroller) {
  const atEnd = () => scroller.scrollTop > -NEAR;
  return {
    atEnd,
    toEnd() {
      scroller.scrollTop = 0;
    },
    /** Runs a change at the end, and keeps the read part in view. @param {() => void} change */
    hold(change) {
      if (atEnd()) return change();
      // Fractions of a pixel count, because the rounding errors of many small changes would add up.
      const height = () => scroller.firstElementChild?.getBoundingClientRect().height ?? 0;
      const [top, before] = [scroller.scrollTop, height()];
      change();
      scroller.scrollTop = top - (height() - before);
    },
    /** Runs a change below the top of an element, and keeps the top in its place. @param {HTMLElement} element @param {() => void} change */
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
