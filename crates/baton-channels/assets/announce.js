// @ts-check
// Says what happened to those who listen to the page, and in the title of a page that is not looked at.

const region = document.getElementById("announce");
const title = document.title;
let unseen = 0;

/** @param {string} words */
export function say(words) {
  if (region) region.textContent = words;
}

/** A post came while the page was open. @param {string} who @param {string} words */
export function arrived(who, words) {
  say(`${who}: ${words}`);
  count();
}

/** Somebody asks. @param {string} who @param {string} words */
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
