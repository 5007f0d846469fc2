// @ts-check
// The layout of a post relative to the post above: a new day, the same author, an answer directly below its
// message.

import { beginning } from "./comment.js";
import { dayOf } from "./time.js";

/** Posts of one author within this time are grouped, in milliseconds. */
const BREATH = 5 * 60_000;

/** @param {HTMLElement} list */
export function arrangeAll(list) {
  for (const post of list.children) arrange(post);
}

/** @param {Element | null} element */
export function arrange(element) {
  if (!element) return;
  const post = /** @type {HTMLElement} */ (element);
  const above = /** @type {HTMLElement | null} */ (post.previousElementSibling);
  const day = dayOf(Number(post.dataset.at));
  if (above && dayOf(Number(above.dataset.at)) === day) delete post.dataset.day;
  else post.dataset.day = day;
  post.classList.toggle("same", above !== null && post.dataset.day === undefined && sameVoice(above, post));
  post.classList.toggle("follows", above !== null && post.dataset.replyTo === above.dataset.id);
  quote(post);
}

/** @param {HTMLElement} above @param {HTMLElement} post */
function sameVoice({ dataset: above }, { dataset: post }) {
  return above.kind === post.kind && above.name === post.name && above.entity === post.entity
    && Number(post.at) - Number(above.at) < BREATH;
}

/** Shows the beginning of the post that this post replies to, if on the page. @param {HTMLElement} post */
export function quote(post) {
  const { replyTo } = post.dataset;
  const answered = replyTo ? document.getElementById(`c-${replyTo}`) : null;
  const words = post.querySelector(".quote");
  if (answered && words) words.textContent = `${answered.dataset.name}: ${beginning(answered)}`;
}
