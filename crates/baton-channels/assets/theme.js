// @ts-check
// The day and night themes: the system's theme, unless the person chose another.

import { remember } from "./memory.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

/** @param {HTMLElement} button */
export function listen(button) {
  const root = document.documentElement;
  const system = () => (dark.matches ? "night" : "day");
  const other = () => ((root.dataset.theme ?? system()) === "night" ? "day" : "night");

  function name() {
    button.textContent = other() === "night" ? "Night" : "Day";
    button.setAttribute("aria-label", `Switch to ${other()} colours`);
  }
  button.addEventListener("click", () => {
    const chosen = other();
    // A choice equal to the system's theme is not stored, so that the page follows the system again.
    if (chosen === system()) {
      delete root.dataset.theme;
      remember("theme", "");
    } else {
      root.dataset.theme = chosen;
      remember("theme", chosen);
    }
    name();
  });
  dark.addEventListener("change", name);
  name();
  button.hidden = false;
}
