// @ts-check
// Who is writing, and what: drafts that grow piece by piece until the post that they become arrives.

import { blank, fill } from "./comment.js";
import { quote } from "./rhythm.js";

/** How long, in milliseconds, a draft that is done waits for its post. */
const FAREWELL = 10_000;

export class Drafts {
  /** @type {Map<string, { post: HTMLElement, text: string, replyTo: string[] }>} */
  #byTurn = new Map();

  /** @param {HTMLElement} list @param {(name: string) => string} colorOf */
  constructor(list, colorOf) {
    this.list = list;
    this.colorOf = colorOf;
  }

  get writers() {
    return [...new Set([...this.#byTurn.values()].map(({ post }) => post.dataset.name ?? ""))];
  }

  /** @param {import("./stream.js").Writing} writing */
  grow({ turn, entity, replyTo, offset, text }) {
    const draft = this.#byTurn.get(String(turn)) ?? this.#begin(String(turn), entity, replyTo);
    // A piece that was missed leaves a gap; the whole text follows with the post.
    const before = offset <= draft.text.length ? draft.text.slice(0, offset) : `${draft.text} … `;
    draft.text = before + text;
    const shown = draft.post.querySelector(".text");
    if (shown) shown.textContent = draft.text;
  }

  /** @param {string} turn */
  done(turn) {
    const draft = this.#byTurn.get(turn);
    if (draft) setTimeout(() => this.#byTurn.get(turn) === draft && this.#end(turn), FAREWELL);
  }

  /** A post arrived. Returns whether a draft became it. @param {import("./api.js").Comment} comment */
  arrived(comment) {
    return comment["message-type"] !== "human" && this.#endWhere(comment.replyTo ?? "");
  }

  /** A message is not being answered any more, or not yet again. @param {import("./stream.js").Status} status */
  moved(status) {
    if (status.state !== "running" && status.state !== "answered") this.#endWhere(status.id);
  }

  clear() {
    for (const turn of this.#byTurn.keys()) this.#end(turn);
  }

  /** @param {string} turn @param {string} entity @param {string[]} replyTo */
  #begin(turn, entity, replyTo) {
    const post = fill(blank(), {
      id: `writing-${turn}`, seq: 0, text: "", html: "", username: entity, color: this.colorOf(entity),
      "message-type": "AI", replyTo: replyTo[0], timestamp: Date.now(),
    });
    // The reader hears the whole answer when it is there, not every piece of it.
    post.setAttribute("aria-busy", "true");
    const above = document.getElementById("posts")?.lastElementChild;
    post.classList.toggle("follows", above?.id === `c-${replyTo[0]}`);
    quote(post);
    const draft = { post, text: "", replyTo };
    this.#byTurn.set(turn, draft);
    this.list.append(post);
    return draft;
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
