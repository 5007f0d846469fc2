// @ts-check
// The choices of an approval: options, or an answer in one's own words.

import { button, make, quiet } from "./elements.js";

/**
 * @typedef {{ label: string, description?: string }} Option
 * @typedef {{ header: string, text: string, options: Option[], several: boolean }} Choice
 */

/** @param {Choice[]} choices */
export function choices(choices) {
  const fields = choices.map(({ header, text, options, several }, number) => {
    const field = make("fieldset", "choice", make("legend", "", ...(header ? [make("small", "", header), " "] : []), text));
    field.dataset.choice = String(number);
    for (const { label, description } of options) {
      const tick = make("input", "");
      Object.assign(tick, { type: several ? "checkbox" : "radio", name: `choice-${number}`, value: label });
      field.append(make("label", "option", tick, make("span", "", label, ...(description ? [make("small", "", description)] : []))));
    }
    const own = make("input", "own");
    Object.assign(own, { name: `own-${number}`, maxLength: 4000, autocomplete: "off" });
    field.append(make("label", "words", options.length > 0 ? "Or in your own words" : "In your own words", own));
    // Only the last used of the radio buttons and the text field counts.
    field.addEventListener("input", (event) => {
      if (several) return;
      if (event.target === own) for (const tick of field.querySelectorAll("input")) tick.checked = false;
      else own.value = "";
    });
    return field;
  });
  return [
    ...fields,
    make("div", "row", button("answer", "Answer", "first")),
    quiet("Do not answer…"),
  ];
}

/** The answer to each choice, in order; empty without an answer. @param {HTMLElement} form */
export function answers(form) {
  return [...form.querySelectorAll("fieldset.choice")].map((field) => {
    const ticked = /** @type {NodeListOf<HTMLInputElement>} */ (field.querySelectorAll(".option input:checked"));
    const own = /** @type {HTMLInputElement} */ (field.querySelector(".own")).value.trim();
    return [...[...ticked].map(({ value }) => value), own].filter(Boolean).join(", ");
  });
}
