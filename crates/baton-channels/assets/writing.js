// @ts-check
// Drafts: the text and the steps of running turns. A draft grows with each event until its post arrives.

import { askers } from "./asked.js";
import { blank, fill } from "./comment.js";
import { make } from "./elements.js";
import { quote } from "./rhythm.js";
import { Steps } from "./steps.js";

/** Time that a finished draft waits for its post, in milliseconds. */
const FAREWELL = 10_000;
/** Time without events after which a draft shows a sign of life, in milliseconds. */
const QUIET = 20_000;
/** Interval of the check for silent drafts, in milliseconds. */
const PULSE = 5_000;

/** @typedef {{ post: HTMLElement, text: string, replyTo: string[], steps: Steps, since: number, heard: number, alive: HTMLElement }} Draft */

export class Drafts {
  /** @type {Map<string, Draft>} */
  #byTurn = new Map();

  /** @param {HTMLElement} list @param {(name: string) => string} colorOf @param {HTMLElement} posts */
  constructor(list, colorOf, posts) {
    this.list = list;
    this.colorOf = colorOf;
    this.posts = posts;
    setInterval(() => this.#tellAlive(), PULSE);
  }

  get writers() {
    return [...new Set([...this.#byTurn.values()].map(({ post }) => post.dataset.name ?? ""))];
  }

  /** @param {import("./stream.js").Writing} writing */
  grow({ turn, entity, replyTo, offset, text, since, activities = [] }) {
    const draft = this.#byTurn.get(String(turn)) ?? this.#begin(String(turn), entity, replyTo, since);
    // A piece that was missed leaves a gap; the whole text follows with the post.
    const before = offset <= draft.text.length ? draft.text.slice(0, offset) : `${draft.text} … `;
    draft.text = before + text;
    const shown = draft.post.querySelector(".text");
    if (shown) shown.textContent = draft.text;
    if (activities.length > 0) draft.steps.take(activities);
    draft.heard = Date.now();
    draft.alive.textContent = "";
  }

  /** @param {string} turn */
  done(turn) {
    const draft = this.#byTurn.get(turn);
    if (draft) setTimeout(() => this.#byTurn.get(turn) === draft && this.#end(turn), FAREWELL);
  }

  /** A post arrived. Returns whether a draft became it. @param {import("./api.js").Comment} comment */
  arrived(comment) {
    const type = comment["message-type"];
    // A turn with an open approval continues after the decision.
    return type !== "human" && type !== "question" && this.#endWhere(comment.replyTo ?? "");
  }

  /** Removes the draft of a message that no longer runs. @param {import("./stream.js").Status} status */
  moved(status) {
    if (status.state !== "running" && status.state !== "answered") this.#endWhere(status.id);
  }

  /** Updates the drafts after a change of the posts above. */
  arrange() {
    for (const { post, replyTo } of this.#byTurn.values()) {
      post.classList.toggle("follows", this.posts.lastElementChild?.id === `c-${replyTo[0]}`);
      quote(post);
    }
  }

  clear() {
    for (const turn of this.#byTurn.keys()) this.#end(turn);
  }

  /** @param {string} turn @param {string} entity @param {string[]} replyTo @param {number} since */
  #begin(turn, entity, replyTo, since) {
    const post = fill(blank(), {
      id: `writing-${turn}`, seq: 0, text: "", html: "", username: entity, color: this.colorOf(entity),
      "message-type": "AI", replyTo: replyTo[0], timestamp: Date.now(),
    });
    // A screen reader reads the whole answer at the end, not every piece.
    post.setAttribute("aria-busy", "true");
    const alive = make("p", "alive");
    post.querySelector(".text")?.after(alive);
    const steps = new Steps(/** @type {HTMLElement} */ (post.querySelector(".did")), null);
    const draft = { post, text: "", replyTo, steps, since, heard: Date.now(), alive };
    this.#byTurn.set(turn, draft);
    this.list.append(post);
    return draft;
  }

  /** Shows a sign of life in drafts without recent events. */
  #tellAlive() {
    const now = Date.now();
    const waiting = askers(this.posts);
    for (const draft of this.#byTurn.values()) {
      const quiet = now - draft.heard > QUIET;
      const minutes = Math.floor((now - draft.since) / 60_000);
      const waits = waiting.has(draft.post.dataset.name ?? "");
      const words = !quiet ? "" : waits ? "waits for a decision" : minutes < 1 ? "still working" : `still working, ${minutes} min`;
      if (draft.alive.textContent !== words) draft.alive.textContent = words;
    }
  }

  /** @param {string} id */
  #endWhere(id) {
    const turns = [...this.#byTurn].filter(([, { replyTo }]) => replyTo.includes(id));
    for (const [turn] of turns) this.#end(turn);
    return turns.length > 0;
  }

  /** @param {string} turn */
  #end(turn) {
    this.#byTurn.get(turn)?.post.remove();
    this.#byTurn.delete(turn);
  }
}
