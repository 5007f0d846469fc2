// @ts-check
// One post. The markup is a template made from the server's post.html. The data attributes describe the
// post, and `dress` makes the rest from the attributes, for posts of the server and of this script.

import { one } from "./api.js";
import { dress as dressAsked } from "./asked.js";
import { dress as dressFiles, fill as fillFiles } from "./files.js";
import { paint } from "./people.js";
import { dress as dressState } from "./queue.js";
import { Steps } from "./steps.js";
import { tell } from "./time.js";

const template = /** @type {HTMLTemplateElement} */ (document.getElementById("post"));

/** @param {HTMLElement} post @param {string} selector */
const part = (post, selector) => /** @type {HTMLElement} */ (post.querySelector(selector));

/** A new, empty post. */
export function blank() {
  const post = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  return post;
}

/** @param {HTMLElement} post @param {import("./api.js").Comment} comment */
export function fill(post, comment) {
  post.id = `c-${comment.id}`;
  Object.assign(post.dataset, {
    id: comment.id,
    seq: String(comment.seq),
    kind: comment["message-type"].toLowerCase(),
    name: comment.username,
    color: comment.color ?? "",
    entity: comment.entity ?? "",
    at: String(comment.timestamp),
    replyTo: comment.replyTo ?? "",
    state: comment.state ?? "",
    position: String(comment.position ?? ""),
    reason: comment.reason ?? "",
    approval: comment.approval ? JSON.stringify(comment.approval) : "",
    activities: comment.activities ? JSON.stringify(comment.activities) : "",
  });
  part(post, ".who").textContent = comment.username;
  part(post, "[data-slot=entity]").textContent = comment.entity ?? "";
  part(post, ".text").innerHTML = comment.html;
  part(post, "[data-action=whole]").hidden = !comment.shortened;
  fillFiles(part(post, ".files"), comment.files ?? []);
  /** @type {HTMLAnchorElement} */ (part(post, ".when")).href = link(comment.id);
  const quote = /** @type {HTMLAnchorElement} */ (part(post, ".quote"));
  quote.hidden = !comment.replyTo;
  quote.href = link(comment.replyTo ?? "");
  quote.textContent = "an earlier post";
  return dress(post);
}

/** @param {HTMLElement} post */
export function dress(post) {
  paint(post);
  // The asked persona is shown only if a message asks another than the default persona.
  post.classList.toggle("aside", post.dataset.kind === "human" && post.dataset.entity !== document.body.dataset.answering);
  const time = post.querySelector("time");
  if (time) tell(time, Number(post.dataset.at));
  part(post, "[data-action=reply]").setAttribute("aria-label", `Reply to ${post.dataset.name}`);
  for (const pre of post.querySelectorAll(".text pre")) addCopy(/** @type {HTMLElement} */ (pre));
  dressFiles(part(post, ".files"));
  dressState(post);
  dressAsked(post);
  dressSteps(post);
  return post;
}

/** Shows the steps on the way to a reply. @param {HTMLElement} post */
function dressSteps(post) {
  const box = part(post, ".did");
  if (!post.dataset.activities || box.hasChildNodes()) return;
  const steps = new Steps(box, async () => (await one(post.dataset.id ?? "")).activities ?? []);
  steps.take(JSON.parse(post.dataset.activities));
}

/** @param {string} id */
export const link = (id) => `#c-${encodeURIComponent(id)}`;

/** The beginning of the text of a post. @param {HTMLElement} post */
export function beginning(post) {
  const text = (post.querySelector(".text")?.textContent ?? "").replace(/\s+/g, " ").trim();
  return text.length > 90 ? `${text.slice(0, 88)}…` : text;
}

/** @param {HTMLElement} pre */
export function addCopy(pre) {
  if (pre.parentElement?.classList.contains("code")) return;
  const box = Object.assign(document.createElement("div"), { className: "code" });
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Copy" });
  button.dataset.action = "copy";
  pre.tabIndex = 0;
  pre.replaceWith(box);
  box.append(pre, button);
}
