// @ts-check
// Loads posts that are not on the page: earlier posts, the newest posts, and a post from an address.

import { one, read } from "./api.js";

const STEP = 50;

/**
 * @param {string} room
 * @param {import("./list.js").Posts} posts
 * @param {() => import("./api.js").Filter} filter
 */
export function reader(room, posts, filter) {
  const button = /** @type {HTMLButtonElement} */ (document.getElementById("older"));
  let busy = false;
  // The `before` parameter for earlier posts: a search may have read further back than its first match.
  let reached = Number(document.body.dataset.before) || null;
  // Only the answer to the newest request is shown.
  let question = 0;
  /** The posts that arrived during the request. @type {import("./api.js").Comment[]} */
  let late = [];

  /** @param {import("./api.js").Page} page @param {boolean} detached */
  function show(page, detached) {
    posts.detached = detached;
    posts.replace(page.comments);
    if (!detached) for (const comment of late) posts.put(comment);
    button.hidden = !page.hasMore;
    reached = page.before ?? null;
  }

  /** Shows one post with the posts before and after. @param {number} seq */
  async function around(seq) {
    const mine = ++question;
    late = [];
    const [before, after] = await Promise.all([
      read(room, filter(), { before: seq + 1, limit: STEP / 2 }),
      read(room, filter(), { cursor: seq, limit: STEP / 2 }),
    ]);
    if (mine !== question) return;
    show({ comments: [...before.comments, ...after.comments], hasMore: before.hasMore, before: before.before }, after.hasMore);
  }

  const reader = {
    /** Adds earlier posts on top. */
    async more() {
      const before = reached ?? posts.first;
      if (busy || button.hidden || before === 0) return;
      busy = true;
      button.disabled = true;
      try {
        const mine = question;
        const page = await read(room, filter(), { before, limit: STEP });
        if (mine !== question) return;
        posts.prepend(page.comments);
        button.hidden = !page.hasMore;
        reached = page.before ?? null;
      } finally {
        busy = false;
        button.disabled = false;
      }
    },

    /** Shows only the newest posts. */
    async newest() {
      const mine = ++question;
      late = [];
      const page = await read(room, filter(), { before: "latest", limit: STEP });
      if (mine === question) show(page, false);
    },

    /** Shows one post with the posts around. @param {string} id */
    async seek(id) {
      if (!posts.get(id)) {
        await around((await one(id)).seq);
      }
      const post = posts.get(id);
      post?.scrollIntoView({ block: "center" });
      post?.focus({ preventScroll: true });
      return post;
    },

    /** Records a new post. @param {import("./api.js").Comment} comment */
    came(comment) {
      late = [...late.slice(1 - STEP), comment];
    },

    /** Records that earlier posts were removed from the page. */
    cut() {
      button.hidden = false;
      reached = null;
    },
  };
  button.addEventListener("click", () => reader.more().catch(() => {}));
  return reader;
}
