// @ts-check
// The page's values in the browser's storage. The page also works without storage.

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
    // The storage is full or forbidden; the page works without storage.
  }
}
