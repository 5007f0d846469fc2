// @ts-check
// The text field: a text is kept until the server has stored the message, and is sent again after a lost
// connection.

import { Lost, post, Refused } from "./api.js";
import { attach } from "./attach.js";
import { unguessable } from "./chance.js";
import { beginning } from "./comment.js";
import * as commands from "./commands.js";
import * as kept from "./kept.js";
import { recall, remember } from "./memory.js";
import { offerRecording } from "./recording.js";

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @param {string} room
 * @param {object} page
 * @param {(comment: import("./api.js").Comment) => void} page.sent
 * @param {(id: string) => HTMLElement | undefined} page.find
 * @param {() => void} page.told  Baton answered a command
 * @param {() => void} page.signIn
 */
export function listen(room, page) {
  const form = /** @type {HTMLFormElement} */ (element("compose"));
  const text = /** @type {HTMLTextAreaElement} */ (element("text"));
  const name = /** @type {HTMLInputElement} */ (element("username"));
  const entity = /** @type {HTMLSelectElement | null} */ (document.getElementById("entity"));
  const button = /** @type {HTMLButtonElement} */ (element("send"));
  const answering = element("answering");
  // Text typed before the script ran is appended to the kept text.
  const typed = text.value;
  let draft = kept.load(room);
  let busy = false;
  let timer = 0;
  const attached = attach(room, { entity: () => entity?.value ?? "", tell, changed: keep, signIn: page.signIn });
  const recording = offerRecording({ add: attached.add, tell });

  /** @param {string} words @param {"" | "wrong"} [mood] */
  function tell(words, mood = "") {
    const sending = element("sending");
    sending.textContent = words;
    sending.dataset.mood = mood;
  }

  function keep() {
    // A changed text is another post, and gets a new id when sent.
    const files = attached.sent();
    const same = files.length === draft.files.length && files.every(({ file }, at) => file === draft.files[at]?.file);
    if (text.value !== draft.text || !same) draft = { ...draft, text: text.value, files, id: "" };
    kept.save(room, draft);
  }

  /** @param {string} id empty for no reply */
  function reply(id) {
    draft = { ...draft, replyTo: id, id: "" };
    keep();
    const to = id ? page.find(id) : undefined;
    answering.hidden = !id;
    const words = answering.querySelector("q");
    if (words) words.textContent = to ? `${to.dataset.name}: ${beginning(to)}` : "an earlier post";
  }

  async function send() {
    clearTimeout(timer);
    if (busy) return;
    await recording.finish();
    if (busy) return;
    if (text.value.trim() === "" && !attached.speaks()) {
      if (attached.any()) tell("Write a message: files need a text.", "wrong");
      return;
    }
    if (commands.isOne(text.value)) return command();
    busy = true;
    button.disabled = true;
    try {
      if (await filesAreThere()) await sendText();
      else tell("Not sent: a file was not uploaded. Remove the file, or send again.", "wrong");
    } catch (error) {
      trouble(error);
    } finally {
      busy = false;
      button.disabled = false;
      fit();
    }
  }

  /** Waits for the uploads of the message; resolves to whether all files are on the server. */
  async function filesAreThere() {
    keep();
    if (!attached.any()) return true;
    tell("Sending the files…");
    const there = await attached.ready();
    keep();
    return there;
  }

  async function sendText() {
    tell("Sending…");
    draft.id ||= unguessable();
    kept.save(room, draft);
    const sending = draft;
    const comment = await post({
      id: sending.id, text: sending.text, domain: room,
      ...(name.value.trim() && { username: name.value.trim() }),
      ...(entity && { entity: entity.value }),
      ...(sending.replyTo && { replyTo: sending.replyTo }),
      ...(sending.files.length > 0 && { attachments: sending.files.map(({ file }) => file) }),
    });
    attached.done(sending.files);
    // Text typed during the sending belongs to the next message.
    if (text.value === sending.text) text.value = "";
    draft = { text: text.value, id: "", replyTo: "", files: attached.sent() };
    reply("");
    tell("");
    commands.close();
    page.sent(comment);
  }

  /** Runs a command. A command is not a message, so a failed command is not sent again. */
  async function command() {
    busy = true;
    button.disabled = true;
    tell("");
    const told = text.value;
    try {
      await commands.tell(told.trim(), room, entity?.value);
      if (text.value === told) text.value = "";
      keep();
      page.told();
    } catch (error) {
      if (error instanceof Refused && error.status === 401) page.signIn();
      else tell(`Not done: ${error instanceof Error ? error.message : error}`, "wrong");
    } finally {
      busy = false;
      button.disabled = false;
      fit();
    }
  }

  /** @param {unknown} error */
  function trouble(error) {
    if (!(error instanceof Refused) && !(error instanceof Lost)) {
      tell(`Not sent, because of an error in this page: ${error instanceof Error ? error.message : error}`, "wrong");
    } else if (error instanceof Lost || error.status >= 500) {
      tell("No connection. Your message is kept, and is sent when the connection is back.", "wrong");
      again(5);
    } else if (error.status === 429) {
      tell(`Too many messages at once. Your message is kept, and is sent in ${error.after || 5} s.`, "wrong");
      again(error.after || 5);
    } else if (error.status === 401) {
      page.signIn();
    } else {
      tell(`Not sent: ${error.message}`, "wrong");
    }
  }

  /** @param {number} seconds */
  function again(seconds) {
    timer = window.setTimeout(send, seconds * 1000);
  }

  // For browsers whose style sheets cannot fit the field to its text.
  function fit() {
    if (CSS.supports("field-sizing", "content")) return;
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight}px`;
  }

  text.addEventListener("input", () => {
    clearTimeout(timer);
    keep();
    fit();
    if (!busy) tell("");
  });
  commands.offer(text, () => text.dispatchEvent(new Event("input")));
  text.addEventListener("keydown", (event) => {
    // The list of commands has already handled the key.
    if (event.defaultPrevented) return;
    if (event.key === "Escape" && draft.replyTo) reply("");
    if (event.key !== "Enter" || event.isComposing || event.shiftKey) return;
    // On a touch screen, the return key begins a new line, as in other apps.
    if (matchMedia("(pointer: coarse)").matches && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    send();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
    text.focus();
  });
  answering.querySelector("button")?.addEventListener("click", () => {
    reply("");
    text.focus();
  });
  name.value ||= recall("name");
  name.addEventListener("change", () => remember("name", name.value.trim()));
  // A text in transit when the page was left may have arrived. The text is sent again with the same id,
  // so a second arrival changes nothing.
  attached.restore(draft.files);
  if (typed !== draft.text) {
    text.value = [draft.text, typed].filter(Boolean).join("\n");
    keep();
  }
  button.disabled = false;
  fit();
  if (draft.replyTo) reply(draft.replyTo);

  return {
    tell,
    /** @param {string} id */
    reply(id) {
      reply(id);
      text.focus();
    },
    /** The connection is back. */
    again() {
      if (draft.id) send();
    },
  };
}
