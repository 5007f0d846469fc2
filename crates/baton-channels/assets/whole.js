// @ts-check
// Long posts: lists show the beginning, and "Show all" fetches the whole post.

import { one } from "./api.js";
import { addCopy } from "./comment.js";

/**
 * @param {HTMLElement} list
 * @param {ReturnType<typeof import("./scroll.js").watch>} view
 * @param {(text: string, kind?: "wrong") => void} tell
 */
export function listen(list, view, tell) {
  list.addEventListener("click", async (event) => {
    const button = /** @type {HTMLButtonElement} */ (event.target);
    const post = /** @type {HTMLElement | null} */ (button.closest(".post"));
    if (button.dataset.action !== "whole" || !post) return;
    button.disabled = true;
    try {
      const { html } = await one(post.dataset.id ?? "");
      // The reader continues where the beginning ended.
      view.keep(post, () => {
        show(post, html);
        button.hidden = true;
      });
    } catch (error) {
      tell(`Not read: ${error instanceof Error ? error.message : error}`, "wrong");
    } finally {
      button.disabled = false;
    }
  });
}

/** @param {HTMLElement} post @param {string} html sanitised by the server */
function show(post, html) {
  const text = /** @type {HTMLElement} */ (post.querySelector(".text"));
  text.innerHTML = html;
  for (const pre of text.querySelectorAll("pre")) addCopy(/** @type {HTMLElement} */ (pre));
  // The button disappears, so the text gets the focus, for keyboard users.
  text.tabIndex = -1;
  text.focus({ preventScroll: true });
}
