// @ts-check
// Connects the parts of the page.

import * as announce from "./announce.js";
import * as asked from "./asked.js";
import * as compose from "./compose.js";
import { copy } from "./copying.js";
import * as deciding from "./deciding.js";
import * as filters from "./filter.js";
import { Posts } from "./list.js";
import { reader as newsReader } from "./news.js";
import { reader as olderReader } from "./older.js";
import { offer } from "./people.js";
import * as queue from "./queue.js";
import * as rooms from "./rooms.js";
import { watch } from "./scroll.js";
import { signIn } from "./session.js";
import { follow } from "./stream.js";
import * as theme from "./theme.js";
import { keepTelling } from "./time.js";
import { Drafts } from "./writing.js";
import * as whole from "./whole.js";

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

const { room = "", cursor = "0", closed } = document.body.dataset;
let filter = filters.fromAddress();
const posts = new Posts(element("posts"));
const drafts = new Drafts(element("drafts"), colorOf, element("posts"));
const view = watch(element("scroller"));
const older = olderReader(room, posts, () => filter);
const news = newsReader({ posts, drafts, view, older, filter: () => filter, refresh });

/** The colour of a persona, from the chooser or from its last post. @param {string} name */
function colorOf(name) {
  const chosen = document.querySelector(`#entity option[value="${CSS.escape(name)}"]`);
  const spoken = document.querySelector(`.post[data-kind=ai][data-name="${CSS.escape(name)}"]`);
  return /** @type {HTMLElement | null} */ (chosen ?? spoken)?.dataset.color ?? "";
}

/** Updates the elements around the posts. */
function refresh() {
  const filtered = filters.isActive(filter);
  const newest = element("newest");
  element("now").textContent = queue.summary(posts.list, drafts.writers, asked.askers(posts.list));
  element("empty").hidden = filtered || posts.size > 0 || drafts.writers.length > 0;
  element("nothing").hidden = !filtered || posts.size > 0;
  // Drafts are hidden among old posts and among filtered posts.
  drafts.list.hidden = posts.detached || filtered;
  newest.hidden = view.atEnd() && !posts.detached;
  newest.textContent = news.missed > 0 ? `${news.missed} new ↓` : "Newest ↓";
}

/** Shows the newest posts. */
async function toNewest(anew = posts.detached) {
  try {
    if (anew) await older.newest();
    news.missed = 0;
    view.toEnd();
  } catch (error) {
    writing.tell(`Not read: ${error instanceof Error ? error.message : error}`, "wrong");
  }
  refresh();
}

const writing = compose.listen(room, {
  sent(comment) {
    news.sent(comment);
    toNewest();
    if (!filters.matches(filter, comment)) writing.tell("Sent. The filter hides the message.");
  },
  find: (id) => posts.get(id),
  told: () => toNewest(),
  signIn,
});

if (closed === "true") signIn();
else follow(room, Number(cursor), {
  ...news,
  open() {
    news.open();
    writing.again();
  },
  link(words) {
    element("link").dataset.link = words;
    const label = element("link").firstElementChild;
    if (label) label.textContent = words;
  },
  signIn,
});

filters.listen(/** @type {HTMLFormElement} */ (element("filter")), element("filter-switch"), (next) => {
  filter = next;
  toNewest(true);
});
element("filter").addEventListener("focusin", () => offer(posts.list.children));
theme.listen(element("theme"));
rooms.listen(room);
queue.listen(posts.list, writing.tell);
whole.listen(posts.list, view, writing.tell);
keepTelling(posts.list);
deciding.listen(posts.list);
asked.keepTelling(posts.list);

posts.list.addEventListener("click", async (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const post = /** @type {HTMLElement | null} */ (target.closest(".post"));
  if (target.dataset.action === "reply") writing.reply(post?.dataset.id ?? "");
  if (target.dataset.action === "copy") {
    const copied = await copy(target.previousElementSibling?.textContent ?? "");
    announce.say(copied ? "Copied" : "Not copied: select the text and copy it yourself");
  }
});
element("newest").addEventListener("click", () => toNewest());
view.onscroll(({ end, start }) => {
  if (end && !posts.detached) news.missed = 0;
  if (start) older.more().then(refresh, () => {});
  refresh();
});

/** Scrolls to the post in the address. */
async function seek() {
  if (!location.hash.startsWith("#c-")) return;
  for (const post of posts.list.querySelectorAll(".sought")) post.classList.remove("sought");
  const post = await older.seek(decodeURIComponent(location.hash.slice(3))).catch(() => undefined);
  if (!post) writing.tell("This post is not on the page.", "wrong");
  post?.classList.add("sought");
  refresh();
}
addEventListener("hashchange", seek);
seek();
refresh();
