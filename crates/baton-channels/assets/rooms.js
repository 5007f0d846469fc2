// @ts-check
// The list of rooms: visited rooms, a room by name, and new rooms with an unguessable name.

import { unguessable } from "./chance.js";
import { recall, remember } from "./memory.js";

/** Maximum number of remembered rooms. */
const MOST = 12;

/** @param {string} room */
const address = (room) => `/r/${encodeURIComponent(room)}`;

/** @returns {string[]} */
function known() {
  try {
    const rooms = JSON.parse(recall("rooms"));
    return Array.isArray(rooms) ? rooms.filter((room) => typeof room === "string") : [];
  } catch {
    return [];
  }
}

/** An unguessable room name, in groups that are easy to read aloud. */
const nameApart = () => unguessable().replace(/(.{4})(?=.)/g, "$1-");

/** @param {string} here the room that is open */
export function listen(here) {
  const isRoom = location.pathname.startsWith("/r/");
  const rooms = isRoom ? [here, ...known().filter((room) => room !== here)].slice(0, MOST) : known();
  remember("rooms", JSON.stringify(rooms));

  const list = document.getElementById("rooms-known");
  for (const room of rooms) {
    const item = document.createElement("li");
    item.append(Object.assign(document.createElement("a"), { href: address(room), textContent: room }));
    list?.append(item);
  }
  for (const link of list?.querySelectorAll("a") ?? []) {
    if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
  }

  document.getElementById("rooms-open")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = /** @type {HTMLInputElement} */ (document.getElementById("rooms-name")).value.trim();
    if (name) location.assign(address(name));
  });
  document.getElementById("rooms-apart")?.addEventListener("click", () => location.assign(address(nameApart())));
}
