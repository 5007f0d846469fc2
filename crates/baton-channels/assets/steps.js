// @ts-check
// The steps of an agent, one line each. Similar steps are grouped, the steps of a sub-agent are inside its own
// step, and details are shown on demand.

import { make } from "./elements.js";
import { line, pieces, plain } from "./line.js";

/**
 * @typedef {object} Activity
 * @property {string} id
 * @property {string} title  one line of Markdown
 * @property {string} [detail]
 * @property {boolean} hasDetail
 * @property {"running" | "done" | "failed" | "denied"} state
 * @property {string} [within]  the parent activity
 */

/** Number of visible lines of a running turn; earlier lines are folded. */
const IN_VIEW = 6;
/** Number of similar steps in a row that become one line. */
const A_FEW = 3;

const STATES = { running: "running", done: "", failed: "failed", denied: "not allowed" };

export class Steps {
  /** @type {Map<string, Activity>} */
  #all = new Map();
  /** The names of the unfolded parts. @type {Set<string>} */
  #open = new Set();

  /**
   * @param {HTMLElement} box
   * @param {(() => Promise<Activity[]>) | null} load fetches the details; `null` for a running turn, whose events have the details
   */
  constructor(box, load) {
    this.box = box;
    this.load = load;
    // The event does not bubble, so the listener uses the capture phase.
    box.addEventListener("toggle", (event) => this.#toggled(/** @type {HTMLDetailsElement} */ (event.target)), true);
  }

  /** @param {Activity[]} activities new or changed activities */
  take(activities) {
    for (const activity of activities) this.#all.set(activity.id, activity);
    this.#show();
  }

  #show() {
    const focused = this.box.contains(document.activeElement)
      ? /** @type {HTMLElement | null} */ (document.activeElement?.closest("details"))?.dataset.name
      : undefined;
    const all = [...this.#all.values()];
    const lines = this.#lines(all.filter(({ within }) => !within || !this.#all.has(within)));
    if (this.load) {
      this.box.replaceChildren(this.#fold("all", [count(all)], make("ol", "", ...lines)));
    } else {
      const earlier = lines.splice(0, Math.max(0, lines.length - IN_VIEW));
      const fold = earlier.length > 0 ? [make("li", "", this.#fold("earlier", [`${earlier.length} earlier ${earlier.length === 1 ? "line" : "lines"}`], make("ol", "", ...earlier)))] : [];
      this.box.replaceChildren(make("ol", "", ...fold, ...lines));
    }
    if (focused === undefined) return;
    /** @type {HTMLElement | null} */ (this.box.querySelector(`details[data-name="${CSS.escape(focused)}"] > summary`))?.focus({ preventScroll: true });
  }

  /** @param {Activity[]} activities @returns {HTMLElement[]} */
  #lines(activities) {
    /** @type {Activity[][]} */
    const groups = [];
    for (const activity of activities) {
      const last = groups.at(-1);
      if (last?.[0] && this.#plain(activity) && this.#plain(last[0]) && kind(last[0]) === kind(activity)) last.push(activity);
      else groups.push([activity]);
    }
    return groups.flatMap((group) => group.length < A_FEW ? group.map((one) => this.#line(one)) : [this.#group(group)]);
  }

  /** Whether an activity may be grouped: done, and without inner activities. @param {Activity} activity */
  #plain({ id, state }) {
    return state === "done" && ![...this.#all.values()].some(({ within }) => within === id);
  }

  /** @param {Activity[]} group */
  #group(group) {
    const names = group.map(({ title }) => pieces(title).find(({ code }) => code)?.text ?? "");
    const some = names.every(Boolean) ? [" ", make("code", "", names[0] ?? ""), ", ", make("code", "", names[1] ?? "")] : [];
    const more = some.length > 0 ? ` and ${group.length - 2} more` : ` × ${group.length}`;
    const first = /** @type {Activity} */ (group[0]);
    const fold = this.#fold(`group ${first.id}`, [kind(first), ...some, more], make("ol", "", ...group.map((one) => this.#line(one))));
    const item = make("li", "step", fold);
    item.dataset.state = "done";
    return item;
  }

  /** @param {Activity} activity */
  #line(activity) {
    const inside = [...this.#all.values()].filter(({ id, within }) => within === activity.id && id !== within);
    // Most titles already name the outcome.
    const said = plain(activity.title).includes(STATES[activity.state]) ? "" : STATES[activity.state];
    const words = [line(activity.title), ...(said ? [make("span", activity.state === "running" ? "unseen" : "went", ` ${said}`)] : [])];
    const item = make("li", "step");
    item.dataset.state = activity.state;
    if (inside.length > 0) {
      const now = inside.findLast(({ state }) => state === "running");
      words.push(make("span", "inside", ` ${count(inside)}${now ? ": " : ""}`, ...(now ? [line(now.title)] : [])));
    }
    const parts = [];
    if (activity.detail) {
      const detail = make("pre", "", activity.detail);
      detail.tabIndex = 0;
      parts.push(detail);
    } else if (activity.hasDetail && this.load) {
      parts.push(make("p", "hint", "…"));
    }
    if (inside.length > 0) parts.push(make("ol", "", ...inside.map((one) => this.#line(one))));
    item.append(parts.length > 0 ? this.#fold(activity.id, words, ...parts) : make("p", "", ...words));
    return item;
  }

  /** @param {string} name @param {(string | Node)[]} words @param {...Node} content */
  #fold(name, words, ...content) {
    const fold = make("details", "", make("summary", "", ...words), ...content);
    fold.dataset.name = name;
    fold.open = this.#open.has(name);
    return fold;
  }

  /** @param {HTMLDetailsElement} fold */
  async #toggled(fold) {
    const { name } = fold.dataset;
    if (name === undefined || !fold.isConnected) return;
    if (!fold.open) {
      this.#open.delete(name);
      return;
    }
    this.#open.add(name);
    const activity = this.#all.get(name);
    if (!this.load || !activity?.hasDetail || activity.detail) return;
    try {
      this.take((await this.load()).map((one) => ({ ...one, hasDetail: Boolean(one.detail) })));
    } catch {
      const hint = fold.querySelector(".hint");
      if (hint) hint.textContent = "Not read: open the step again for another try.";
    }
  }
}

/** The kind of a step: the title up to its first code. @param {Activity} activity */
const kind = ({ title }) => title.split("`")[0]?.trim() ?? "";

/** @param {Activity[]} activities */
function count(activities) {
  const failed = activities.filter(({ state }) => state === "failed").length;
  const denied = activities.filter(({ state }) => state === "denied").length;
  const steps = activities.length === 1 ? "1 step" : `${activities.length} steps`;
  return [steps, failed > 0 && `${failed} failed`, denied > 0 && `${denied} not allowed`].filter(Boolean).join(", ");
}
