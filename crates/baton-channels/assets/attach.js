// @ts-check
// Files for the message in the text field: chosen, pasted or dropped. Files are uploaded one after the
// other, before the message that names them.

import { say } from "./announce.js";
import { Refused } from "./api.js";
import { make } from "./elements.js";
import { isRecording, size } from "./files.js";
import { upload } from "./upload.js";

/**
 * An uploaded file; `entity` is the persona of the upload.
 * @typedef {{ file: string, name: string, size: number, entity: string }} Sent
 *
 * @typedef {object} Chosen
 * @property {string} name
 * @property {number} size
 * @property {File | null} content  null if only the server has the content
 * @property {Sent | null} sent
 * @property {string} problem
 * @property {boolean} hopeless  another try would fail too
 * @property {AbortController} stop
 * @property {HTMLLIElement} item
 */

/**
 * @param {string} room
 * @param {object} page
 * @param {() => string} page.entity  the asked persona
 * @param {(words: string, mood: "" | "wrong") => void} page.tell
 * @param {() => void} page.changed
 * @param {() => void} page.signIn
 */
export function attach(room, page) {
  const list = document.getElementById("attached");
  const input = /** @type {HTMLInputElement | null} */ (document.getElementById("attach-input"));
  const button = document.getElementById("attach");
  const limits = { size: Number(input?.dataset.size), atOnce: Number(input?.dataset.atOnce) };
  /** @type {Chosen[]} */
  let chosen = [];
  /** The uploads, one after the other. @type {Promise<unknown>} */
  let line = Promise.resolve();

  /** @param {{ name: string, size: number, content: File | null, sent: Sent | null, problem?: string }} file */
  function put({ name, size: bytes, content, sent, problem = "" }) {
    const item = make("li", "");
    const remove = make("button", "remove", "×");
    remove.type = "button";
    remove.setAttribute("aria-label", `Remove ${name}`);
    item.append(make("span", "name", name), make("small", "", size(bytes)), remove);
    const one = { name, size: bytes, content, sent, problem, hopeless: problem !== "", stop: new AbortController(), item };
    remove.addEventListener("click", () => drop(one));
    chosen.push(one);
    list?.append(item);
    show(one);
    return one;
  }

  /** @param {Chosen} one @param {number} [part] */
  function show(one, part) {
    const state = one.problem ? "wrong" : one.sent ? "sent" : "sending";
    one.item.dataset.state = state;
    for (const old of one.item.querySelectorAll("progress, .problem")) old.remove();
    const size = one.item.querySelector("small");
    if (one.problem) size?.after(make("span", "problem", one.problem));
    if (state === "sending") {
      const progress = make("progress", "");
      progress.setAttribute("aria-label", `Sending ${one.name}`);
      if (part !== undefined) progress.value = part;
      size?.after(progress);
    }
    if (list) list.hidden = chosen.length === 0;
  }

  /** @param {Chosen} one */
  function drop(one) {
    const at = chosen.indexOf(one);
    one.stop.abort();
    one.item.remove();
    chosen = chosen.filter((other) => other !== one);
    if (list) list.hidden = chosen.length === 0;
    say(`${one.name} removed`);
    // Keeps the focus nearby for keyboard users.
    const next = chosen[Math.min(at, chosen.length - 1)]?.item.querySelector("button") ?? button;
    next?.focus();
    page.tell("", "");
    page.changed();
  }

  /** @param {Iterable<File>} files */
  function add(files) {
    const all = [...files];
    const fit = all.slice(0, Math.max(0, limits.atOnce - chosen.length));
    for (const content of fit) {
      const tooLarge = content.size > limits.size;
      const problem = tooLarge ? `larger than ${size(limits.size)}; send a smaller file, or a link to the file` : "";
      const one = put({ name: content.name || "file", size: content.size, content, sent: null, problem });
      if (!problem) send(one);
    }
    const left = all.length - fit.length;
    if (left > 0) page.tell(`One message takes at most ${limits.atOnce} files: ${left} left out.`, "wrong");
    else page.tell("", "");
    const wrong = chosen.find(({ problem }) => problem);
    say(wrong ? `${wrong.name}: ${wrong.problem}` : fit.length === 1 ? `${fit[0]?.name} attached` : `${fit.length} files attached`);
    page.changed();
  }

  /** @param {Chosen} one */
  function send(one) {
    one.problem = "";
    one.sent = null;
    show(one);
    line = line.then(() => go(one));
  }

  /** @param {Chosen} one */
  async function go(one) {
    const entity = page.entity();
    if (!one.content || one.stop.signal.aborted) return;
    try {
      const where = { name: one.name, domain: room, ...(entity && { entity }) };
      const said = await upload(where, one.content, (part) => show(one, part), one.stop.signal);
      one.sent = { ...said, entity };
      one.name = said.name;
      page.changed();
    } catch (error) {
      if (one.stop.signal.aborted) return;
      if (error instanceof Refused && error.status === 401) page.signIn();
      one.hopeless = error instanceof Refused && [400, 404, 413].includes(error.status);
      one.problem = error instanceof Error ? error.message : String(error);
      say(`${one.name}: ${one.problem}`);
    }
    show(one);
  }

  if (list && input && button) {
    button.addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      add(input.files ?? []);
      // Lets the person choose the same file again.
      input.value = "";
    });
    document.getElementById("text")?.addEventListener("paste", (event) => {
      const { clipboardData } = event;
      // A clipboard that also holds text, such as a part of a table, is pasted as text.
      if (!clipboardData?.files.length || clipboardData.types.includes("text/plain")) return;
      event.preventDefault();
      add(clipboardData.files);
    });
    listenForDrops(add, page.tell);
  }

  return {
    add,
    /** Whether a recording is among the files: its words are the text of the message. */
    speaks: () => chosen.some(({ name }) => isRecording(name)),
    /** The uploaded files for the next message. */
    sent: () => chosen.flatMap(({ sent }) => sent ?? []),
    any: () => chosen.length > 0,
    /** Waits until all files are uploaded for the asked persona. Failed uploads are tried again. */
    async ready() {
      for (const one of chosen) {
        const elsewhere = one.sent !== null && one.sent.entity !== page.entity();
        if (elsewhere && !one.content) {
          one.sent = null;
          Object.assign(one, { hopeless: true, problem: "was sent to another persona; choose the file again" });
          show(one);
        } else if (elsewhere || (one.problem && !one.hopeless)) send(one);
      }
      await line;
      return chosen.every(({ sent }) => sent !== null);
    },
    /** Removes the files that a message has named. @param {Sent[]} named */
    done(named) {
      const gone = new Set(named.map(({ file }) => file));
      for (const one of chosen) if (gone.has(one.sent?.file ?? "")) one.item.remove();
      chosen = chosen.filter(({ sent }) => !gone.has(sent?.file ?? ""));
      if (list) list.hidden = chosen.length === 0;
    },
    /** Restores the files uploaded before the page was left. @param {Sent[]} earlier */
    restore(earlier) {
      if (list) for (const sent of earlier) put({ ...sent, content: null, sent });
    },
  };
}

/** @param {(files: File[]) => void} add @param {(words: string, mood: "" | "wrong") => void} tell */
function listenForDrops(add, tell) {
  /** @param {DragEvent} event */
  const brings = (event) => event.dataTransfer?.types.includes("Files") ?? false;
  const over = (/** @type {boolean} */ is) => document.body.classList.toggle("dropping", is);
  addEventListener("dragover", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    over(true);
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) over(false);
  });
  addEventListener("drop", (event) => {
    over(false);
    if (!brings(event)) return;
    // Otherwise the browser would leave the page to show the file.
    event.preventDefault();
    const items = [...(event.dataTransfer?.items ?? [])].filter(({ kind }) => kind === "file");
    const plain = items.filter((item) => !item.webkitGetAsEntry()?.isDirectory);
    const files = plain.flatMap((item) => item.getAsFile() ?? []);
    if (files.length > 0) add(files);
    if (plain.length < items.length) tell("A folder cannot be sent: choose the files in the folder.", "wrong");
  });
}
