// @ts-check
// Applies the events of the stream to the page. Events of one burst are applied together.

import * as announce from "./announce.js";
import { one } from "./api.js";
import { approvalOf, postOf, spoken } from "./asked.js";
import { beginning } from "./comment.js";
import * as deciding from "./deciding.js";
import { isRecording } from "./files.js";
import { matches } from "./filter.js";
import { move } from "./queue.js";

/**
 * @param {object} page
 * @param {import("./list.js").Posts} page.posts
 * @param {import("./writing.js").Drafts} page.drafts
 * @param {ReturnType<typeof import("./scroll.js").watch>} page.view
 * @param {ReturnType<typeof import("./older.js").reader>} page.older
 * @param {() => import("./api.js").Filter} page.filter
 * @param {() => void} page.refresh
 */
export function reader({ posts, drafts, view, older, filter, refresh }) {
  /** @type {(() => void)[]} */
  let waiting = [];
  /** The messages with a `status` event since the connection was opened. @type {Set<string>} */
  const told = new Set();
  /** The approvals with an event since the connection was opened. @type {Set<number>} */
  const toldOf = new Set();
  /** Whether the newest post is in view. */
  let along = true;

  /** @param {() => void} change */
  function soon(change) {
    if (waiting.push(change) === 1) setTimeout(show);
  }

  function show() {
    const changes = waiting;
    waiting = [];
    along = view.atEnd();
    view.hold(() => {
      for (const change of changes) change();
      drafts.arrange();
    });
    if (along && posts.trim()) older.cut();
    refresh();
  }

  /** @param {import("./api.js").Comment} comment */
  function take(comment) {
    const becameIt = drafts.arrived(comment);
    const known = posts.get(comment.id);
    if (!known && !matches(filter(), comment)) return;
    older.came(comment);
    if (!known) {
      if (!along && posts.full) posts.detached = true;
      if (posts.detached || !along) news.missed += 1;
      if (posts.detached) return;
    }
    const post = posts.put(comment);
    if (known) return;
    // A post that was a draft is on the page already, so its arrival is not animated.
    post.classList.toggle("arrived", !becameIt);
    if (comment.approval) announce.asked(comment.username, spoken(comment.approval));
    else announce.arrived(comment.username, beginning(post));
  }

  /** @param {import("./stream.js").Status} status */
  function moved(status) {
    told.add(status.id);
    drafts.moved(status);
    const post = posts.get(status.id);
    if (!post) return;
    move(post, status);
    const names = [...post.querySelectorAll(".files .name")];
    const speaks = names.some(({ textContent }) => isRecording(textContent ?? ""));
    if (speaks && status.state !== "waiting") void hear(status.id);
  }

  /** Shows the words of a recording, which become the text of the message after its turn has begun. @param {string} id */
  async function hear(id) {
    const comment = await one(id).catch(() => null);
    soon(() => {
      const text = posts.get(id)?.querySelector(".text");
      if (comment && text && text.innerHTML !== comment.html) text.innerHTML = comment.html;
    });
  }

  /** Updates posts that still look open but got no event: the message or approval ended without the page. */
  async function settle() {
    for (const post of posts.list.querySelectorAll(".post[data-state=waiting], .post[data-state=running]")) {
      const { id = "" } = /** @type {HTMLElement} */ (post).dataset;
      const comment = told.has(id) ? null : await one(id).catch(() => null);
      if (comment?.state) {
        const status = { ...comment, state: comment.state };
        soon(() => moved(status));
      }
    }
    for (const card of posts.list.querySelectorAll(".asked[data-state=open]")) {
      const post = /** @type {HTMLElement} */ (card.closest(".post"));
      if (!toldOf.has(approvalOf(post)?.id ?? 0)) await deciding.refresh(post).catch(() => {});
    }
    refresh();
  }

  const news = {
    /** Number of new posts outside the view. */
    missed: 0,

    /** @param {import("./api.js").Comment} comment */
    comment: (comment) => soon(() => take(comment)),

    /** Shows a post sent from this page, unless the stream has brought the post already, in a newer state. @param {import("./api.js").Comment} comment */
    sent: (comment) => soon(() => {
      if (!posts.get(comment.id)) take(comment);
    }),

    /** @param {import("./stream.js").Status} status */
    status: (status) => soon(() => moved(status)),

    /** @param {import("./stream.js").Writing} piece */
    writing: (piece) => soon(() => drafts.grow(piece)),

    /** @param {string} turn */
    done: (turn) => soon(() => drafts.done(turn)),

    /** @param {import("./asked.js").Approval} approval */
    approval: (approval) => soon(() => {
      toldOf.add(approval.id);
      const post = postOf(posts.list, approval.id);
      if (post) deciding.update(post, approval);
    }),

    open: () => soon(() => {
      told.clear();
      toldOf.clear();
      drafts.clear();
    }),

    ready: () => soon(() => void settle()),
  };
  return news;
}
