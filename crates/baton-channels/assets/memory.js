// @ts-check
// What this browser remembers of the page. Where it may remember nothing, the page works without.

/** @param {string} key */
export function recall(key) {
  try {
    return localStorage.getItem(`baton.${key}`) ?? "";
  } catch {
    return "";
  }
}

/** @param {string} key @param {string} value empty to forget */
export function remember(key, value) {
  try {
    if (value) localStorage.setItem(`baton.${key}`, value);
    else localStorage.removeItem(`baton.${key}`);
  } catch {
    // Full or forbidden: nothing that this page needs.
  }
}
