// @ts-check
// New elements, and those that more than one kind of card has.

/**
 * A new element.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {string} className @param {...(string | Node)} content
 */
export function make(tag, className, ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

/** A button that says in `data-way` what it does. @param {string} way @param {string} words @param {string} [className] */
export function button(way, words, className = "") {
  const made = make("button", className, words);
  made.type = "button";
  made.dataset.way = way;
  return made;
}

/** What is seldom wanted of a card, and how long it is open. @param {string} why */
export const quiet = (why) => make("div", "row quiet", button("why", why), button("stop", "Stop the turn"), make("p", "left"));
