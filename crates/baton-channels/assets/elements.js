// @ts-check
// Makes elements, and the parts shared by several kinds of cards.

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

/** A button with its action in `data-way`. @param {string} way @param {string} words @param {string} [className] */
export function button(way, words, className = "") {
  const made = make("button", className, words);
  made.type = "button";
  made.dataset.way = way;
  return made;
}

/** The less common buttons of a card, and the time left. @param {string} why */
export const quiet = (why) => make("div", "row quiet", button("why", why), button("stop", "Stop the turn"), make("p", "left"));
