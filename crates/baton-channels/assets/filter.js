// @ts-check
// Which posts: by person, word and kind. The address holds it, so that a view can be shared.

/** @typedef {import("./api.js").Filter} Filter */

/** How long, in milliseconds, after the last key the view follows. */
const REST = 250;

/** @returns {Filter} */
export function fromAddress() {
  const query = new URLSearchParams(location.search);
  return { user: query.get("user") ?? "", search: query.get("search") ?? "", type: query.get("type") ?? "" };
}

/** @param {Filter} filter */
export const isActive = ({ user, search, type }) => `${user}${search}${type}` !== "";

/** @param {Filter} filter @param {import("./api.js").Comment} comment */
export function matches({ user, search, type }, comment) {
  return (!user || comment.username === user)
    && (!search || comment.text.toLowerCase().includes(search.toLowerCase()))
    && (!type || comment["message-type"] === type);
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement} button shows and hides it
 * @param {(filter: Filter) => void} apply
 */
export function listen(form, button, apply) {
  let timer = 0;
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

  function changed() {
    clearTimeout(timer);
    const filter = { user: field("user").value.trim(), search: field("search").value.trim(), type: field("type").value };
    const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value));
    const address = query.size > 0 ? `?${query}` : location.pathname;
    if (JSON.stringify(filter) === JSON.stringify(fromAddress())) return;
    history.pushState(null, "", address);
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
    const filter = fromAddress();
    for (const [name, value] of Object.entries(filter)) field(name).value = value;
    if (isActive(filter)) show(true);
    apply(filter);
  });

  /** @param {boolean} open */
  function show(open) {
    form.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  }
  button.addEventListener("click", () => {
    show(Boolean(form.hidden));
    if (!form.hidden) field("user").focus();
  });
}
