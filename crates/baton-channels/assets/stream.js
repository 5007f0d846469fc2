// @ts-check
// Follows a room as it happens, and goes on where it was after a lost connection.

import { read, Refused } from "./api.js";
import { share } from "./sharing.js";

/**
 * @typedef {"connecting" | "live" | "reconnecting" | "offline" | "resting"} Link
 * @typedef {{ id: string, state: import("./api.js").State, reason?: string | null, attempts?: number | null, position?: number | null }} Status
 * @typedef {{ turn: string | number, entity: string, replyTo: string[], offset: number, text: string, since: number, activities?: import("./steps.js").Activity[] }} Writing
 *
 * @typedef {object} Listener
 * @property {(comment: import("./api.js").Comment) => void} comment
 * @property {(status: Status) => void} status
 * @property {(writing: Writing) => void} writing
 * @property {(turn: string) => void} done
 * @property {(approval: import("./asked.js").Approval) => void} approval
 * @property {(link: Link) => void} link
 * @property {() => void} open  a connection stands: what is being written is told from its beginning
 * @property {() => void} ready  all that happened before it was told, with all that waits or runs
 * @property {() => void} signIn  the server wants to know who is there
 */

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;
/** The longest silence, in milliseconds: the server sends a `ping` after 15 seconds without another event. */
const LONGEST_SILENCE = 35_000;
/** How many requests to try after a silence: a browser keeps this many connections, and all may be dead. */
const ATTEMPTS = 6;

/**
 * @param {string} room
 * @param {number} cursor the last post that is on the page
 * @param {Listener} listener
 */
export function follow(room, cursor, listener) {
  let last = cursor;
  let pause = FIRST_PAUSE;
  let timer = 0;
  let silence = 0;
  /** @type {EventSource | null} */
  let source = null;
  let resting = false;
  const place = share(rest);

  function rest() {
    close();
    resting = true;
    listener.link("resting");
  }

  function close() {
    clearTimeout(timer);
    clearTimeout(silence);
    source?.close();
    source = null;
  }

  async function open() {
    resting = false;
    if (await place.take()) connect();
    else rest();
  }

  function connect() {
    close();
    const query = new URLSearchParams({ domain: room, cursor: String(last) });
    source = new EventSource(`/api/stream?${query}`);
    heard();
    source.onopen = () => {
      heard();
      pause = FIRST_PAUSE;
      listener.link("live");
      listener.open();
    };
    source.onerror = () => {
      listener.link(navigator.onLine ? "reconnecting" : "offline");
      // A broken connection the browser mends by itself; a refusal it takes as final, we do not.
      if (source?.readyState === EventSource.CLOSED) later();
    };
    /** @param {string} name @param {(data: any) => void} take */
    const on = (name, take) =>
      source?.addEventListener(name, (event) => {
        const message = /** @type {MessageEvent<string>} */ (event);
        heard();
        if (name === "comment" && message.lastEventId) last = Number(message.lastEventId);
        take(JSON.parse(message.data));
      });
    on("ping", () => {});
    on("comment", listener.comment);
    on("status", listener.status);
    on("ready", listener.ready);
    on("writing", listener.writing);
    on("approval", listener.approval);
    on("done", ({ turn }) => listener.done(String(turn)));
  }

  // A connection can die without an error, for example behind a proxy, or in a changed network.
  function heard() {
    clearTimeout(silence);
    silence = window.setTimeout(() => {
      listener.link(navigator.onLine ? "reconnecting" : "offline");
      close();
      probe(ATTEMPTS);
    }, LONGEST_SILENCE);
  }

  function later() {
    close();
    timer = window.setTimeout(() => probe(), pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }

  // An event source does not say why it was refused; a plain request does.
  async function probe(attempts = 1) {
    const stop = new AbortController();
    const all = { user: "", search: "", type: "" };
    const one = () => read(room, all, { cursor: last, limit: 1 }, stop.signal);
    try {
      await Promise.any(Array.from({ length: attempts }, one));
      open();
    } catch (error) {
      const refused = error instanceof AggregateError && error.errors.find((one) => one instanceof Refused);
      const status = refused ? refused.status : 0;
      if (status === 401) listener.signIn();
      // The server does not know our cursor: it has another history now, so the page starts anew.
      else if (status === 400) location.reload();
      else later();
    } finally {
      // An attempt without an answer has a dead connection, which the browser must not reuse.
      stop.abort();
    }
  }

  addEventListener("online", () => open());
  addEventListener("offline", () => {
    close();
    listener.link("offline");
  });
  const leave = () => {
    close();
    place.give();
  };
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => event.persisted && open());
  // A browser freezes a page that nobody has viewed for long. The frozen page would keep its place, and hear nothing.
  document.addEventListener("freeze", leave);
  document.addEventListener("resume", () => open());
  for (const sign of ["visibilitychange", "focus", "pointerdown", "keydown"]) {
    addEventListener(sign, () => resting && document.visibilityState === "visible" && open(), true);
  }
  open();
}
