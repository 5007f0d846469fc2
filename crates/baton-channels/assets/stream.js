// @ts-check
// Follows the event stream of a room, and continues at the same position after a lost connection.

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
 * @property {() => void} open  connected: the text of running turns comes from the beginning
 * @property {() => void} ready  all earlier events have come, with the states of waiting and running messages
 * @property {() => void} signIn  the server requires a sign-in
 */

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;
/** The longest silence, in milliseconds: the server sends a `ping` after 15 seconds without another event. */
const LONGEST_SILENCE = 35_000;
/** How many requests to try after a silence: a browser keeps this many connections, and all may be dead. */
const ATTEMPTS = 6;

/**
 * @param {string} room
 * @param {number} cursor the sequence of the last post on the page
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
      // The browser reconnects after a broken connection, but not after a refusal. The page tries again after
      // a refusal too.
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

  // An event source does not give the reason of a refusal, but a plain request does.
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
      // The server does not know the cursor, because the store is another one. The page is loaded anew.
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
  // A browser freezes a page that nobody has viewed for long. The frozen page would keep its place without
  // receiving events.
  document.addEventListener("freeze", leave);
  document.addEventListener("resume", () => open());
  for (const sign of ["visibilitychange", "focus", "pointerdown", "keydown"]) {
    addEventListener(sign, () => resting && document.visibilityState === "visible" && open(), true);
  }
  open();
}
