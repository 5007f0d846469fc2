// @ts-check
// Copies a text. Browsers have a clipboard for pages on this machine or over TLS; elsewhere a selection is copied.

/** Whether it was copied. @param {string} text */
export async function copy(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Not allowed, or not looked at: the old way may still be.
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
  // The text itself, not what of its white space is shown.
  field.addEventListener("copy", (event) => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
  });
  const copied = document.execCommand("copy");
  field.remove();
  before?.focus({ preventScroll: true });
  return copied;
}
