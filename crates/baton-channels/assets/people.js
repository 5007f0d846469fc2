// @ts-check
// Colours of people and personas: their own, or a colour derived from the name.

/** @param {string} name */
function hue(name) {
  let sum = 7;
  for (const char of name) sum = (sum * 131 + (char.codePointAt(0) ?? 0)) % 65_521;
  // Eighteen hues, far enough apart to be distinguished.
  return (sum % 18) * 20 + 10;
}

/** @param {HTMLElement} post */
export function paint(post) {
  const { name = "", color = "" } = post.dataset;
  post.style.setProperty("--who", color && CSS.supports("color", color) ? color : `oklch(0.6 0.1 ${hue(name)})`);
}

/** Offers the names on this page in the filter. @param {Iterable<Element>} posts */
export function offer(posts) {
  const names = new Set([...posts].map((post) => /** @type {HTMLElement} */ (post).dataset.name ?? ""));
  const options = [...names].filter(Boolean).sort().map((name) => Object.assign(new Option(), { value: name }));
  document.getElementById("people")?.replaceChildren(...options);
}
