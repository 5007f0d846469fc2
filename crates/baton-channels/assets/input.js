// @ts-check
// The input of a tool in a readable form: a command as a command, a file as a file, an edit as removed and
// added lines, other input as JSON. No part is left out.

import { make } from "./elements.js";
import { visible } from "./line.js";

/** @param {unknown} value */
const isText = (value) => typeof value === "string";

/** @param {any} input */
export function view(input) {
  const box = make("div", "input");
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    box.append(block(JSON.stringify(input, null, 2)));
    return box;
  }
  const { ...rest } = input;
  /** @param {string} name */
  const take = (name) => {
    const value = rest[name];
    delete rest[name];
    return value;
  };
  if (isText(rest.command)) {
    if (isText(rest.description)) box.append(make("p", "", visible(take("description"))));
    box.append(block(take("command")));
  }
  if (isText(rest.file_path)) box.append(make("p", "path", visible(take("file_path"))));
  if (isText(rest.old_string) && isText(rest.new_string)) box.append(change(take("old_string"), take("new_string")));
  if (Array.isArray(rest.edits) && rest.edits.every(isEdit)) {
    for (const { old_string, new_string, ...more } of take("edits")) box.append(change(old_string, new_string), ...fields(more));
  }
  if (isText(rest.content)) box.append(block(take("content")));
  box.append(...fields(rest));
  return box;
}

/** @param {any} edit */
const isEdit = (edit) => isText(edit?.old_string) && isText(edit?.new_string);

/** The remaining fields, one after the other. @param {Record<string, unknown>} rest */
function fields(rest) {
  if (Object.keys(rest).length === 0) return [];
  const list = make("dl", "fields");
  for (const [name, value] of Object.entries(rest)) {
    const long = typeof value === "object" || String(value).includes("\n");
    list.append(make("dt", "", visible(name)), make("dd", "", long ? block(isText(value) ? String(value) : JSON.stringify(value, null, 2)) : visible(String(value))));
  }
  return [list];
}

/** @param {string} text */
function block(text) {
  const pre = make("pre", "", make("code", "", visible(text)));
  pre.tabIndex = 0;
  return pre;
}

/** @param {string} before @param {string} after */
function change(before, after) {
  const pre = make("pre", "change");
  for (const [tag, text] of /** @type {const} */ ([["del", before], ["ins", after]])) {
    for (const row of text === "" ? [] : text.split("\n")) pre.append(make(tag, "", `${visible(row)}\n`));
  }
  pre.tabIndex = 0;
  return pre;
}
