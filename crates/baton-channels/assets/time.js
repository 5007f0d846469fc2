// @ts-check
// Times of posts: short beside the post, in full as a tooltip.

const MINUTE = 60_000;
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const dayAndYear = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

/** @param {HTMLTimeElement} time @param {number} at */
export function tell(time, at) {
  const minutes = Math.floor((Date.now() - at) / MINUTE);
  time.dateTime = new Date(at).toISOString();
  time.title = full.format(at);
  time.textContent = minutes < 1 ? "just now" : minutes < 60 ? `${minutes} min ago` : clock.format(at);
}

/** The day of a post, for the divider between days. @param {number} at */
export function dayOf(at) {
  return (new Date(at).getFullYear() === new Date().getFullYear() ? day : dayAndYear).format(at);
}

/** Updates the times beside the posts. @param {HTMLElement} list */
export function keepTelling(list) {
  setInterval(() => {
    for (const post of list.children) {
      const { at } = /** @type {HTMLElement} */ (post).dataset;
      const time = post.querySelector("time");
      if (time && at && Date.now() - Number(at) < 62 * MINUTE) tell(time, Number(at));
    }
  }, MINUTE);
}
