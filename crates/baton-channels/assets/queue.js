// @ts-check
// The states of messages: waiting with a position, running, or failed.

import { control } from "./api.js";

/** The same words as the server makes in `page/page_view.rs`. @param {DOMStringMap} post */
function words({ state, position, reason }) {
  const why = reason ? `: ${reason}` : "";
  switch (state) {
    case "waiting": return `${position === "1" ? "next in line" : position ? `number ${position} in line` : "waiting"}${why}`;
    case "running": return "being answered";
    case "dead": return `not answered${why}`;
    case "refused": return `refused${why}`;
    case "withdrawn": return `withdrawn${why}`;
    default: return "";
  }
}

/** Shows the state of a post. @param {HTMLElement} post */
export function dress(post) {
  const state = post.querySelector(".state");
  if (state) state.textContent = words(post.dataset);
}

/** @param {HTMLElement} post @param {import("./stream.js").Status} status */
export function move(post, status) {
  Object.assign(post.dataset, { state: status.state, position: String(status.position ?? ""), reason: status.reason ?? "" });
  dress(post);
}

/** One line with the writing personas, the asking personas, and the number of waiting messages. @param {HTMLElement} list @param {string[]} writers @param {Set<string>} askers */
export function summary(list, writers, askers) {
  const waiting = list.querySelectorAll(".post[data-state=waiting]").length;
  const parts = [];
  /** @param {string[]} names @param {string} does @param {string} all */
  const say = (names, does, all) => names.length > 0 && parts.push(`${new Intl.ListFormat("en").format(names)} ${names.length > 1 ? all : does}`);
  say(writers.filter((name) => !askers.has(name)), "is writing", "are writing");
  say([...askers], "waits for a decision", "wait for a decision");
  if (waiting > 0) parts.push(waiting === 1 ? "1 message waits" : `${waiting} messages wait`);
  return parts.join(" · ");
}

/**
 * Handles the stop and retry buttons.
 * @param {HTMLElement} list
 * @param {(problem: string, mood: "wrong") => void} say
 */
export function listen(list, say) {
  list.addEventListener("click", async (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    const post = /** @type {HTMLElement | null} */ (button?.closest(".post") ?? null);
    const what = button?.dataset.action;
    if (!button || !post || (what !== "stop" && what !== "retry")) return;
    button.disabled = true;
    try {
      await control(post.dataset.id ?? "", what);
    } catch (error) {
      say(`Could not ${what === "stop" ? "stop the message" : "try the message again"}: ${error instanceof Error ? error.message : error}`, "wrong");
    } finally {
      button.disabled = false;
      // The pressed button disappears with the old state, so the post gets the focus.
      if (document.activeElement === document.body || document.activeElement === button) post.focus({ preventScroll: true });
    }
  });
}
