// @ts-check
// A browser opens no more than six connections to a server, in all its windows together, and each
// open page keeps one. So only so many pages listen at once: the page that is looked at takes a place
// from one that is not, and that one rests until somebody comes back to it.

/** How many pages may listen at once; what is left of the six is for everything else. */
const MOST = 4;

/** @param {() => void} lost another page took our place */
export function share(lost) {
  // Browsers have locks for pages on this machine or over TLS; elsewhere every page listens.
  const locks = /** @type {LockManager | undefined} */ (navigator.locks);
  /** @type {(() => void) | null} */
  let release = null;

  /** @param {number} place @param {LockOptions} options @returns {Promise<boolean>} */
  const take = (place, options) => new Promise((taken) => {
    locks?.request(`baton.listening.${place}`, options, (lock) => {
      taken(lock !== null);
      return lock && new Promise((done) => {
        release = () => done(null);
      });
    }).catch(() => {
      release = null;
      lost();
    });
  });

  return {
    /** Whether there is a place for us. @param {boolean} pressing somebody looks at this page */
    async take(pressing) {
      if (!locks || release) return true;
      for (let place = 0; place < MOST; place++) if (await take(place, { ifAvailable: true })) return true;
      return pressing && take(Math.floor(Math.random() * MOST), { steal: true });
    },
    give() {
      release?.();
      release = null;
    },
  };
}
