// @ts-check
// The posts on the page: each once, in the server's order, up to a maximum number.

import { blank, dress, fill } from "./comment.js";
import { arrange, arrangeAll } from "./rhythm.js";

/** Maximum number of posts on the page. */
const MOST = 400;

export class Posts {
  /** @type {Map<string, HTMLElement>} */
  #byId = new Map();

  /** Whether newer posts are missing on the page, because the person reads an older part. */
  detached = false;

  /** @param {HTMLElement} list as the server filled it */
  constructor(list) {
    this.list = list;
    for (const child of list.children) {
      const post = dress(/** @type {HTMLElement} */ (child));
      this.#byId.set(post.dataset.id ?? "", post);
    }
    arrangeAll(list);
  }

  /** @param {string} id */
  get(id) {
    return this.#byId.get(id);
  }

  get size() {
    return this.#byId.size;
  }

  /**
   * Whether the page must not get more posts. The page may exceed the maximum while the person reads far up,
   * because no post may then be removed.
   */
  get full() {
    return this.size > 1.5 * MOST;
  }

  /** The sequence of the first post; 0 without posts. */
  get first() {
    return seqOf(this.list.firstElementChild);
  }

  /**
   * Inserts a post in the server's order, or updates the post if already on the page.
   * @param {import("./api.js").Comment} comment
   * @returns {HTMLElement}
   */
  put(comment) {
    const known = this.#byId.get(comment.id);
    const post = fill(known ?? blank(), comment);
    if (!known) {
      let before = this.list.lastElementChild;
      while (before && seqOf(before) > comment.seq) before = before.previousElementSibling;
      if (before) before.after(post);
      else this.list.prepend(post);
      this.#byId.set(comment.id, post);
      arrange(post.nextElementSibling);
    }
    arrange(post);
    return post;
  }

  /** Adds older posts on top. @param {import("./api.js").Comment[]} comments */
  prepend(comments) {
    const fresh = comments.filter(({ id }) => !this.#byId.has(id)).map((comment) => this.#make(comment));
    this.list.prepend(...fresh);
    while (this.size > MOST) this.#drop(this.list.lastElementChild);
    arrangeAll(this.list);
  }

  /** Removes the oldest posts above the maximum. Returns whether posts were removed. */
  trim() {
    const tooMany = this.size > MOST;
    while (this.size > MOST) this.#drop(this.list.firstElementChild);
    if (tooMany) arrange(this.list.firstElementChild);
    return tooMany;
  }

  /** Replaces all posts by these. @param {import("./api.js").Comment[]} comments */
  replace(comments) {
    this.#byId.clear();
    this.list.replaceChildren(...comments.map((comment) => this.#make(comment)));
    arrangeAll(this.list);
  }

  /** @param {import("./api.js").Comment} comment */
  #make(comment) {
    const post = fill(blank(), comment);
    this.#byId.set(comment.id, post);
    return post;
  }

  /** @param {Element | null} post */
  #drop(post) {
    if (!post) return;
    if (post === this.list.lastElementChild) this.detached = true;
    this.#byId.delete(/** @type {HTMLElement} */ (post).dataset.id ?? "");
    post.remove();
  }
}

/** @param {Element | null} post */
function seqOf(post) {
  return Number(/** @type {HTMLElement | null} */ (post)?.dataset.seq ?? 0);
}
