// @ts-check
// The filter of posts by person, word and type. The filter is in the address, so that a view can be shared.

import { parse } from "./older_address.js";

/** @typedef {import("./api.js").Filter} Filter */

/** Pause between the last key and the update of the view, in milliseconds. */
const REST = 250;

/** @returns {Filter} */
export function fromAddress() {
  const older = parse(location.hash);
  if (older) return older.filter;
  const query = new URLSearchParams(location.search);
  return { user: query.get("user") ?? "", search: query.get("search") ?? "", type: query.get("type") ?? "" };
}

/** @param {Filter} filter */
export const isActive = (filter) => Object.values(filter).some((part) => part.length > 0);

/** @param {Filter} filter @param {import("./api.js").Comment} comment */
export function matches({ user, search, type, users = [], words = [], without = [] }, comment) {
  const text = comment.text.toLowerCase();
  const holds = (/** @type {string} */ word) => text.includes(word.toLowerCase());
  return (!user || comment.username === user)
    && (users.length === 0 || users.includes(comment.username))
    && (!search || holds(search))
    && words.every(holds)
    && !without.some(holds)
    && (!type || comment["message-type"] === type);
}

/** The part of a filter that the form cannot show. @param {Filter} filter */
function surplus({ users = [], words = [], without = [] }) {
  const part = (/** @type {string} */ name, /** @type {string[]} */ list) => (list.length > 0 ? [`${name} ${list.join(", ")}`] : []);
  return [...part("by", users), ...part("also with", words), ...part("without", without)].join("; ");
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement} button shows and hides the form
 * @param {(filter: Filter) => void} apply
 */
export function listen(form, button, apply) {
  let timer = 0;
  const note = document.createElement("p");
  note.hidden = true;
  form.append(note);
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

  function changed() {
    clearTimeout(timer);
    const filter = { user: field("user").value.trim(), search: field("search").value.trim(), type: field("type").value };
    const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value));
    const address = query.size > 0 ? `${location.pathname}?${query}` : location.pathname;
    if (JSON.stringify(filter) === JSON.stringify(fromAddress())) return;
    history.pushState(null, "", address);
    note.hidden = true;
    apply(filter);
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(changed, REST);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    changed();
  });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    for (const name of ["user", "search", "type"]) field(name).value = "";
    changed();
    show(false);
    button.focus();
  });
  addEventListener("popstate", () => {
    fill(fromAddress());
    apply(fromAddress());
  });

  /** @param {Filter} filter */
  function fill(filter) {
    for (const name of /** @type {const} */ (["user", "search", "type"])) field(name).value = filter[name];
    note.textContent = surplus(filter);
    note.hidden = note.textContent === "";
    if (isActive(filter)) show(true);
  }

  /** @param {boolean} open */
  function show(open) {
    form.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  }
  button.addEventListener("click", () => {
    show(Boolean(form.hidden));
    if (!form.hidden) field("user").focus();
  });

  // The server does not see the part of the address after `#`, and sent all posts.
  const older = parse(location.hash);
  if (older) {
    fill(older.filter);
    apply(older.filter);
    const entity = /** @type {HTMLSelectElement | null} */ (document.getElementById("entity"));
    if (entity && [...entity.options].some(({ value }) => value === older.entity)) entity.value = older.entity;
  }
}
