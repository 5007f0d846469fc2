// @ts-check
// The typed text that the server has not stored yet, kept for each room over a reload. A text keeps the id
// of its first sending, so that a second sending after a lost answer makes no second post.

import { recall, remember } from "./memory.js";

/** @typedef {{ text: string, id: string, replyTo: string, files: import("./attach.js").Sent[] }} Kept */

/** @param {string} room @returns {Kept} */
export function load(room) {
  try {
    const { text = "", id = "", replyTo = "", files = [] } = JSON.parse(recall(`draft.${room}`));
    return { text, id, replyTo, files };
  } catch {
    return { text: "", id: "", replyTo: "", files: [] };
  }
}

/** @param {string} room @param {Kept} kept */
export function save(room, kept) {
  remember(`draft.${room}`, kept.text || kept.replyTo || kept.files.length > 0 ? JSON.stringify(kept) : "");
}
