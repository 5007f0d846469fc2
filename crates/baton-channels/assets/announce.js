// @ts-check
// Announces news to screen readers, and counts unseen posts in the title of a hidden page.

const region = document.getElementById("announce");
const title = document.title;
let unseen = 0;

/** @param {string} words */
export function say(words) {
  if (region) region.textContent = words;
}

/** Announces a new post. @param {string} who @param {string} words */
export function arrived(who, words) {
  say(`${who}: ${words}`);
  count();
}

/** Announces an approval. @param {string} who @param {string} words */
export function asked(who, words) {
  say(`${who} ${words}`);
  count();
}

function count() {
  if (document.visibilityState === "hidden") document.title = `(${++unseen}) ${title}`;
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  unseen = 0;
  document.title = title;
});
