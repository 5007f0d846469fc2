// @ts-check
// Unguessable names. Browsers offer `crypto.randomUUID` only on localhost or over TLS, `getRandomValues` everywhere.

const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";

/** Letters and digits with 80 random bits. */
export function unguessable() {
  const chance = crypto.getRandomValues(new Uint8Array(16));
  return [...chance].map((byte) => LETTERS[byte % LETTERS.length]).join("");
}
