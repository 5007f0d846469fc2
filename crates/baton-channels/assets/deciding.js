// @ts-check
// Sends a decision from a card. The server accepts only the first decision, and publishes the decider.

import { one, ask, Refused } from "./api.js";
import { approvalOf, dress } from "./asked.js";
import { say } from "./announce.js";
import { answers } from "./choices.js";

/** Shows the present state of an approval. @param {HTMLElement} post @param {import("./asked.js").Approval} approval */
export function update(post, approval) {
  const before = approvalOf(post);
  // A decided approval never becomes open again, because events may come in any order.
  if (before && before.state !== "open" && approval.state === "open") return;
  post.dataset.approval = JSON.stringify(approval);
  dress(post);
  if (before?.state === "open" && approval.outcome) say(`${post.dataset.name}'s question: ${approval.outcome}`);
}

/** Fetches the approval of a post. @param {HTMLElement} post */
export async function refresh(post) {
  const { approval } = await one(post.dataset.id ?? "");
  if (approval) update(post, approval);
}

/** @param {HTMLElement} list */
export function listen(list) {
  list.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    if (button?.dataset.way) press(button, button.dataset.way);
  });
  // The return key in the field sends the reason, or the answers.
  list.addEventListener("submit", (event) => {
    const form = /** @type {HTMLElement} */ (event.target);
    if (!form.classList.contains("ways")) return;
    event.preventDefault();
    const why = /** @type {HTMLElement} */ (form.querySelector(".why"));
    const way = why.contains(document.activeElement) ? "deny-because" : "answer";
    const button = /** @type {HTMLButtonElement | null} */ (form.querySelector(`[data-way="${way}"]`));
    if (button) press(button, way);
  });
  list.addEventListener("keydown", (event) => {
    const why = /** @type {HTMLElement} */ (event.target).closest(".why");
    if (event.key === "Escape" && why) /** @type {HTMLElement | null} */ (why.querySelector("[data-way=why-not]"))?.click();
  });
}

/** @param {HTMLElement} button @param {string} way */
function press(button, way) {
  const form = /** @type {HTMLFormElement} */ (button.closest("form"));
  const why = /** @type {HTMLElement} */ (form.querySelector(".why"));
  const reason = /** @type {HTMLInputElement} */ (why.querySelector("input"));
  if (way === "why") {
    why.hidden = false;
    reason.focus();
  } else if (way === "why-not") {
    why.hidden = true;
    /** @type {HTMLElement | null} */ (form.querySelector("[data-way=why]"))?.focus();
  } else if (way === "deny-because") {
    decide(form, { decision: "deny", reason: reason.value.trim() });
  } else if (way === "answer") {
    answer(form);
  } else {
    decide(form, { decision: way });
  }
}

/** @param {HTMLFormElement} form */
function answer(form) {
  const given = answers(form);
  const missing = given.indexOf("");
  if (missing < 0) {
    decide(form, { decision: "answer", answers: given });
    return;
  }
  tell(form, given.length > 1 ? "Each question needs an answer." : "Choose an answer, or write your own.");
  /** @type {HTMLElement | null} */ (form.querySelector(`[data-choice="${missing}"] input`))?.focus();
}

/** @param {HTMLElement} form @param {string} words */
function tell(form, words) {
  const problem = form.parentElement?.querySelector(".problem");
  if (problem) problem.textContent = words;
}

/** @param {HTMLFormElement} form @param {{ decision: string, reason?: string, answers?: string[] }} decision */
async function decide(form, decision) {
  const post = /** @type {HTMLElement} */ (form.closest(".post"));
  const { id } = /** @type {import("./asked.js").Approval} */ (approvalOf(post));
  const buttons = form.querySelectorAll("button");
  // A disabled button loses the focus, and a keyboard user would lose the place on the page.
  const pressed = /** @type {HTMLElement | null} */ (document.activeElement);
  const here = form.contains(pressed);
  for (const button of buttons) button.disabled = true;
  tell(form, "");
  try {
    const { approval } = await ask("POST", `/api/approvals/${id}`, decision);
    update(post, approval);
  } catch (error) {
    // Another person decided first: the refreshed card shows the decider.
    if (error instanceof Refused && error.status === 409) {
      await refresh(post).catch(() => {});
      const problem = post.querySelector(".asked .problem");
      if (problem) problem.textContent = "Too late: this approval is decided already.";
    } else {
      tell(form, `Not sent: ${error instanceof Error ? error.message : error}`);
    }
  } finally {
    for (const button of buttons) button.disabled = false;
    const lost = !document.activeElement || document.activeElement === document.body;
    if (here && lost) (pressed?.isConnected ? pressed : post).focus({ preventScroll: true });
  }
}
