// @ts-check
// Signing in and out.

import { ask } from "./api.js";

/** Asks for the token, and reloads the page after a valid token. */
export function signIn() {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("session"));
  if (dialog.open) return;
  const token = /** @type {HTMLInputElement} */ (document.getElementById("session-token"));
  const hint = /** @type {HTMLElement} */ (document.getElementById("session-hint"));
  document.getElementById("session-form")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await ask("POST", "/api/session", { token: token.value });
      location.reload();
    } catch (error) {
      hint.textContent = error instanceof Error ? error.message : String(error);
      token.select();
    }
  });
  dialog.showModal();
}

document.getElementById("sign-out")?.addEventListener("click", async () => {
  await ask("DELETE", "/api/session");
  location.reload();
});
