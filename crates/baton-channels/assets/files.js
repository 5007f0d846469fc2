// @ts-check
// The files of a post: pictures as small pictures, other files as names. The server makes the same in
// post.html.

import { make } from "./elements.js";

/** @typedef {{ name: string, size: number, url: string, picture: boolean }} FileView */

/** A size for people; file_view.rs makes the same words. @param {number} bytes */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const [amount, unit] = bytes < 1024 * 1024 ? [bytes / 1024, "KiB"] : [bytes / (1024 * 1024), "MiB"];
  return `${amount.toFixed(amount < 10 ? 1 : 0)} ${unit}`;
}

/** The names of recordings; speech.rs has the same rule. */
const RECORDING = /\.(ogg|oga|opus|mp3|mpga|m4a|aac|wav|flac|amr|weba|caf|wma)$|^(audio|voice).*\.(mp4|webm)$/i;

/** @param {string} name */
export const isRecording = (name) => RECORDING.test(name);

/** @param {HTMLElement} list @param {FileView[]} files */
export function fill(list, files) {
  list.hidden = files.length === 0;
  list.replaceChildren(...files.map(({ name, size: bytes, url, picture }) => {
    const link = make("a", "");
    Object.assign(link, { href: url, target: "_blank", rel: "noopener" });
    if (picture) link.append(Object.assign(make("img", ""), { src: url, alt: `Picture ${name}`, loading: "lazy" }));
    link.append(make("span", "name", name));
    const item = make("li", picture ? "picture" : "", link, " ", make("small", "", size(bytes)));
    return item;
  }));
}

/** Shows a picture that fails to load as a plain file. @param {HTMLElement} list */
export function dress(list) {
  for (const picture of list.querySelectorAll("img")) {
    const plain = () => picture.closest("li")?.classList.remove("picture");
    if (picture.complete && picture.naturalWidth === 0 && picture.currentSrc) plain();
    else picture.addEventListener("error", plain, { once: true });
  }
}
