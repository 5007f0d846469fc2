// @ts-check
// A browser opens no more than six connections to a server, in all its windows together, and each
// open page keeps one. So only a limited number of pages listen at once: the pages viewed last. The
// other pages reconnect when somebody views them again.
//
// The pages agree by a census: a page that wants to listen asks the others, waits for their answers,
// and counts. Web Locks would be simpler, but browsers offer them only on localhost or over TLS.

import { unguessable } from "./chance.js";

/** Maximum number of listening pages. The rest of the six connections is for other requests. */
const MOST = 4;
/** How long to wait for the answers of other pages, in milliseconds. */
const ANSWERS = 100;

/**
 * A page that listens or wants to listen.
 * @typedef {{ page: string, visible: boolean, looked: number }} Entry
 * @typedef {{ entry: Entry, asks?: boolean, gone?: boolean }} Word
 */

/** Visible pages first, then the pages viewed last. @param {Entry} one @param {Entry} other */
const byClaim = (one, other) =>
  Number(other.visible) - Number(one.visible) || other.looked - one.looked || (one.page < other.page ? -1 : 1);

/** @param {() => void} lost called when other pages take this page's place */
export function share(lost) {
  const page = unguessable();
  const channel = new BroadcastChannel("baton.listening");
  /** The other pages that listen or want to listen. @type {Map<string, Entry>} */
  let others = new Map();
  /** The time of the last view of this page. */
  let looked = 0;
  let wants = false;
  let has = false;

  /** @returns {Entry} */
  const entry = () => ({ page, visible: document.visibilityState === "visible", looked });
  /** @param {Omit<Word, "entry">} [more] */
  const tell = (more) => channel.postMessage(/** @type {Word} */ ({ entry: entry(), ...more }));
  /** Whether this page has a place among all known pages. */
  const fits = () => [...others.values()].filter((other) => byClaim(other, entry()) < 0).length < MOST;

  channel.addEventListener("message", ({ data }) => {
    const { entry: other, asks, gone } = /** @type {Word} */ (data);
    // A page that crashed since the last census does not answer, and loses its place.
    if (asks) others = new Map();
    if (gone) others.delete(other.page);
    else others.set(other.page, other);
    if (asks && wants) tell();
    // A running census decides at its end.
    if (has && !fits()) {
      give();
      lost();
    }
  });

  document.addEventListener("visibilitychange", () => {
    looked = Date.now();
    if (wants) tell();
  });

  function give() {
    if (wants) tell({ gone: true });
    wants = false;
    has = false;
  }

  return {
    /** Whether this page may listen. @returns {Promise<boolean>} */
    async take() {
      if (has) return true;
      wants = true;
      // A page opened in the background takes no place from a page that somebody has viewed.
      if (entry().visible) looked = Date.now();
      others = new Map();
      tell({ asks: true });
      await new Promise((done) => setTimeout(done, ANSWERS));
      if (!wants) return false;
      has = fits();
      if (!has) give();
      return has;
    },
    give,
  };
}
