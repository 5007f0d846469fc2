// @ts-check
// A browser opens no more than six connections to a server, in all its windows together, and each
// open page keeps one. So only so many pages listen at once: those that were looked at last. The
// others rest until somebody comes back to them.
//
// The pages agree by a census: whoever wants to listen asks who else does, waits for their answers,
// and counts. Web Locks would do the same, but browsers have those on this machine or over TLS only.

import { unguessable } from "./chance.js";

/** How many pages may listen at once; what is left of the six is for everything else. */
const MOST = 4;
/** How long the answers of other pages are waited for, in milliseconds. */
const ANSWERS = 100;

/**
 * A page that listens, or wants to.
 * @typedef {{ page: string, visible: boolean, looked: number }} Entry
 * @typedef {{ entry: Entry, asks?: boolean, gone?: boolean }} Word
 */

/** Those that are looked at first, then those that were looked at last. @param {Entry} one @param {Entry} other */
const byClaim = (one, other) =>
  Number(other.visible) - Number(one.visible) || other.looked - one.looked || (one.page < other.page ? -1 : 1);

/** @param {() => void} lost other pages have a better claim to our place */
export function share(lost) {
  const page = unguessable();
  const channel = new BroadcastChannel("baton.listening");
  /** The other pages that listen or want to. @type {Map<string, Entry>} */
  let others = new Map();
  /** When somebody last looked at this page. */
  let looked = 0;
  let wants = false;
  let has = false;

  /** @returns {Entry} */
  const entry = () => ({ page, visible: document.visibilityState === "visible", looked });
  /** @param {Omit<Word, "entry">} [more] */
  const tell = (more) => channel.postMessage(/** @type {Word} */ ({ entry: entry(), ...more }));
  /** Whether there is a place for us among all that were heard of. */
  const fits = () => [...others.values()].filter((other) => byClaim(other, entry()) < 0).length < MOST;

  channel.addEventListener("message", ({ data }) => {
    const { entry: other, asks, gone } = /** @type {Word} */ (data);
    // Whoever is counted in this census answers; who crashed since the last one does not.
    if (asks) others = new Map();
    if (gone) others.delete(other.page);
    else others.set(other.page, other);
    if (asks && wants) tell();
    // While a census is under way, its end decides.
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
    /** Whether there is a place for us. @returns {Promise<boolean>} */
    async take() {
      if (has) return true;
      wants = true;
      // Who was opened behind another page and never seen takes no place from one that was.
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
