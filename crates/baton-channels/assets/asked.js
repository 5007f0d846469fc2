// @ts-check
// An approval as a card: the question of an agent, the buttons to decide, and the outcome.

import { ask } from "./api.js";
import { choices } from "./choices.js";
import { button, make, quiet } from "./elements.js";
import { view } from "./input.js";
import { line, plain, visible } from "./line.js";

/**
 * @typedef {object} Approval
 * @property {number} id
 * @property {string} entity
 * @property {string} tool
 * @property {string} title  one line of Markdown
 * @property {"open" | "allowed" | "denied" | "expired"} state
 * @property {"permission" | "answers"} wants
 * @property {string} [grant]  the uses allowed by "for this session"
 * @property {import("./choices.js").Choice[]} [choices]
 * @property {boolean} mayDecide
 * @property {string} [outcome]
 * @property {number} [expiresAt]  milliseconds since 1970; absent until people can see the approval
 */

const MINUTE = 60_000;
/** Maximum length of a command that is unfolded at once if the title shows only a part, in characters. */
const SHORT = 1_500;

/** @param {HTMLElement} post @returns {Approval | null} */
export const approvalOf = (post) => (post.dataset.approval ? JSON.parse(post.dataset.approval) : null);

/** The question, for screen readers. @param {Approval} approval */
export function spoken({ title, mayDecide, wants }) {
  const how = wants === "answers" ? "Answer it in the post." : "Allow or deny it in the post.";
  return `asks: ${plain(title)}.${mayDecide ? ` ${how}` : ""}`;
}

/** Makes or updates the card of an approval. @param {HTMLElement} post */
export function dress(post) {
  const approval = approvalOf(post);
  const box = /** @type {HTMLElement | null} */ (post.querySelector(".asked"));
  if (!approval || !box) return;
  const drawn = `${approval.id} ${approval.state} ${approval.mayDecide}`;
  // An unchanged card stays, with any typed text.
  if (box.dataset.drawn !== drawn) {
    const had = box.contains(document.activeElement);
    const unfolded = /** @type {HTMLDetailsElement | null} */ (box.querySelector(".whole"))?.open ?? false;
    box.replaceChildren(...card(approval, box, unfolded));
    // The pressed button disappears, so the post gets the focus.
    if (had) post.focus({ preventScroll: true });
  }
  Object.assign(box.dataset, { drawn, state: approval.state, asked: String(approval.id) });
  tick(post);
}

/** @param {Approval} approval @param {HTMLElement} box @param {boolean} unfolded */
function card(approval, box, unfolded) {
  const title = make("p", "what", line(approval.title));
  title.id = `asked-${approval.id}`;
  /** @type {HTMLElement[]} */
  const parts = [title];
  // An approval with choices has no further input to show.
  if (approval.wants === "permission") parts.push(whole(approval, box, unfolded));
  if (approval.outcome) {
    parts.push(make("p", "outcome", approval.outcome));
  } else if (approval.mayDecide) {
    const ways = approval.wants === "answers" ? choices(approval.choices ?? []) : permission(approval);
    const form = make("form", "ways", ...ways, reasonField());
    form.setAttribute("aria-labelledby", title.id);
    parts.push(form);
  } else if (approval.choices) {
    parts.push(make("ul", "", ...approval.choices.map(({ text }) => make("li", "", text))));
  }
  if (!approval.outcome && !approval.mayDecide) parts.push(make("p", "left"));
  const said = make("p", "problem");
  said.setAttribute("role", "status");
  return [...parts, said];
}

/** The tool's whole input, on demand. @param {Approval} approval @param {HTMLElement} box @param {boolean} unfolded */
function whole(approval, box, unfolded) {
  const fold = make("details", "whole", make("summary", "", `The whole input of ${approval.tool}`));
  let asked = false;
  async function load() {
    if (asked) return;
    asked = true;
    try {
      const { input } = await ask("GET", `/api/approvals/${approval.id}`);
      fold.querySelector(".input, .hint")?.remove();
      fold.append(view(input));
      const command = String(input?.command ?? "");
      // A person must not overlook a part of the command that the title leaves out.
      const whole = plain(approval.title).includes(visible(command));
      if (!whole && command.length <= SHORT && approval.state === "open" && box.contains(fold)) fold.open = true;
    } catch (error) {
      asked = false;
      fold.querySelector(".hint")?.remove();
      fold.append(make("p", "hint", `Not read: ${error instanceof Error ? error.message : error}`));
    }
  }
  fold.addEventListener("toggle", () => fold.open && load());
  fold.open = unfolded;
  if (approval.mayDecide) load();
  return fold;
}

/** @param {Approval} approval */
function permission({ id, grant }) {
  const session = button("allow-for-session", "Allow for this session");
  const first = make("div", "row", button("allow", "Allow", "first"), ...(grant ? [session] : []), button("deny", "Deny"));
  const parts = [first];
  if (grant) {
    const covers = make("p", "covers", "For this session: ", make("code", "", visible(grant)), " then needs no approval until the session ends.");
    covers.id = `covers-${id}`;
    session.setAttribute("aria-describedby", covers.id);
    parts.push(covers);
  }
  return [...parts, quiet("Deny with a reason…")];
}

function reasonField() {
  const field = make("input", "");
  Object.assign(field, { name: "reason", maxLength: 1000, autocomplete: "off", placeholder: "what the agent should do instead" });
  const label = make("label", "", "Reason", field);
  const box = make("div", "why", label, make("div", "row", button("deny-because", "Deny"), button("why-not", "Cancel")));
  box.hidden = true;
  return box;
}

/** Shows the time left to decide. @param {HTMLElement} post */
function tick(post) {
  const approval = approvalOf(post);
  const left = post.querySelector(".asked .left");
  if (!approval || !left) return;
  const minutes = Math.floor(((approval.expiresAt ?? Infinity) - Date.now()) / MINUTE);
  const time = minutes === Infinity ? "open" : minutes >= 1 ? `${minutes + 1} min left` : minutes === 0 ? "less than a minute left" : "about to expire";
  const who = approval.mayDecide ? "" : "The author of the message or an operator decides: ";
  const words = `${who}${time}`;
  if (left.textContent !== words) left.textContent = words;
}

/** Updates the time left. @param {HTMLElement} list */
export function keepTelling(list) {
  setInterval(() => {
    for (const card of list.querySelectorAll(".asked[data-state=open]")) tick(/** @type {HTMLElement} */ (card.closest(".post")));
  }, 5_000);
}

/** The personas with an open approval. @param {HTMLElement} list */
export const askers = (list) =>
  new Set([...list.querySelectorAll(".post:has(.asked[data-state=open])")].map((post) => /** @type {HTMLElement} */ (post).dataset.name ?? ""));

/** The post of this approval. @param {HTMLElement} list @param {number} id @returns {HTMLElement | null} */
export const postOf = (list, id) => list.querySelector(`.post:has(.asked[data-asked="${id}"])`);
