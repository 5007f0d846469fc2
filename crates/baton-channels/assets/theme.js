// @ts-check
// Day and night: as the system has it, unless somebody chose.

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
    // Back to what the system says is no choice to keep: the page follows it again.
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
