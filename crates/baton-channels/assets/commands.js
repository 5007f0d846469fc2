// @ts-check
// Commands to Baton: a list of offers while typing, and a card with the answer, for this person only.

import { ask } from "./api.js";

const list = document.getElementById("offers");
const offers = /** @type {HTMLElement[]} */ ([...(list?.children ?? [])]);
const card = /** @type {HTMLElement} */ (document.getElementById("told"));

/** The command at the start of a text, without its slash. @param {string} text */
const wordOf = (text) => /^\s*\/([a-z]+)(?:\s|$)/i.exec(text)?.[1]?.toLowerCase();

/** Whether a text is a command to Baton and not a message. @param {string} text */
export const isOne = (text) => offers.some(({ dataset }) => dataset.name === wordOf(text));

/** @param {string} command @param {string} room @param {string} [entity] */
export async function tell(command, room, entity) {
  const { html } = await ask("POST", "/api/commands", { command, domain: room, ...(entity && { entity }) });
  const [name, said] = [card.querySelector("code"), card.querySelector(".prose")];
  if (!name || !said) return;
  name.textContent = command;
  card.hidden = false;
  said.innerHTML = html;
}

card.querySelector("button")?.addEventListener("click", () => {
  close();
  document.getElementById("text")?.focus();
});

/** Closes the card with the answer. */
export const close = () => {
  card.hidden = true;
};

/** Offers commands while a command is typed. @param {HTMLTextAreaElement} text @param {() => void} changed */
export function offer(text, changed) {
  if (!list || offers.length === 0) return;
  /** The index of the chosen offer among the fitting offers. */
  let at = 0;

  const fitting = () => offers.filter((offer) => !offer.hidden);

  function show() {
    const begun = /^\/([a-z]*)$/i.exec(text.value)?.[1]?.toLowerCase();
    for (const { dataset } of offers) if (dataset.name === begun) return hide();
    for (const offer of offers) offer.hidden = begun === undefined || !offer.dataset.name?.startsWith(begun);
    if (fitting().length === 0 || document.activeElement !== text) return hide();
    list?.removeAttribute("hidden");
    // Only while the list is open: a combobox has no line breaks.
    text.setAttribute("role", "combobox");
    text.setAttribute("aria-controls", "offers");
    text.setAttribute("aria-expanded", "true");
    mark(0);
  }

  /** @param {number} next */
  function mark(next) {
    const fit = fitting();
    at = (next + fit.length) % fit.length;
    for (const [number, offer] of fit.entries()) offer.setAttribute("aria-selected", String(number === at));
    text.setAttribute("aria-activedescendant", fit[at]?.id ?? "");
  }

  function hide() {
    list?.setAttribute("hidden", "");
    for (const name of ["role", "aria-controls", "aria-expanded", "aria-activedescendant"]) text.removeAttribute(name);
  }

  /** @param {HTMLElement} offer */
  function take({ dataset }) {
    text.value = `/${dataset.name}${dataset.argument === undefined ? "" : " "}`;
    text.focus();
    changed();
    hide();
  }

  text.addEventListener("input", show);
  text.addEventListener("blur", hide);
  text.addEventListener("keydown", (event) => {
    const chosen = fitting()[at];
    if (list.hidden || event.isComposing || !chosen) return;
    if (event.key === "ArrowDown") mark(at + 1);
    else if (event.key === "ArrowUp") mark(at - 1);
    else if (event.key === "Escape") hide();
    else if (event.key === "Enter" || event.key === "Tab") take(chosen);
    else return;
    event.preventDefault();
  });
  // Handled before the field loses the focus.
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const offer = /** @type {HTMLElement} */ (event.target).closest("li");
    if (offer) take(offer);
  });
}
