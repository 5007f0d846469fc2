// @ts-check
// Names that nobody can guess. `crypto.randomUUID` is there on this machine and over TLS only; this is everywhere.

const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";

/** Letters and digits with 80 bits of chance in them. */
export function unguessable() {
  const chance = crypto.getRandomValues(new Uint8Array(16));
  return [...chance].map((byte) => LETTERS[byte % LETTERS.length]).join("");
}
