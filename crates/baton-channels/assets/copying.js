// @ts-check
// Copies a text. Browsers offer the clipboard API only on localhost or over TLS; elsewhere, the page copies a selection.

/** Copies a text; resolves to whether the copy worked. @param {string} text */
export async function copy(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // The page has no permission or no focus; a selection may still work.
    }
  }
  return copySelection(text);
}

/** @param {string} text */
function copySelection(text) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const field = document.createElement("textarea");
  field.className = "unseen";
  field.readOnly = true;
  field.setAttribute("aria-hidden", "true");
  field.value = text;
  document.body.append(field);
  field.select();
  // Keeps the white space that HTML would collapse.
  field.addEventListener("copy", (event) => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
  });
  const copied = document.execCommand("copy");
  field.remove();
  before?.focus({ preventScroll: true });
  return copied;
}
