// @ts-check
// One line of Markdown from an agent, as elements. Code is marked; other text stays unchanged.

import { make } from "./elements.js";

/** Invisible characters. A person must not decide about a line with hidden content. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

/** The text with invisible characters replaced by their code points. @param {string} text */
export const visible = (text) =>
  text.replace(UNSEEN, (char) => `⟨U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`);

const CODE = /(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)/gs;

/** @param {string} text @returns {{ text: string, code: boolean }[]} */
export function pieces(text) {
  const found = [];
  let from = 0;
  for (const match of text.matchAll(CODE)) {
    // In Markdown, code that begins or ends with a backtick is put between spaces.
    const code = (match[2] ?? "").replace(/^ (.*[^ ].*) $/s, "$1");
    found.push({ text: text.slice(from, match.index), code: false }, { text: code, code: true });
    from = match.index + match[0].length;
  }
  found.push({ text: text.slice(from), code: false });
  return found
    .map(({ text, code }) => ({ text: visible(code ? text : text.replace(/\\([!-/:-@[-`{-~])/g, "$1")), code }))
    .filter(({ text }) => text !== "");
}

/** @param {string} text */
export function line(text) {
  const shown = document.createDocumentFragment();
  for (const piece of pieces(text)) {
    if (piece.code) shown.append(make("code", "", piece.text));
    else shown.append(piece.text);
  }
  return shown;
}

/** The text without the marks of code. @param {string} text */
export const plain = (text) => pieces(text).map((piece) => piece.text).join("");
