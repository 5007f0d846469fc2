// @ts-check
// The part of the comment API used by this page.

/**
 * The state of a person's message.
 * @typedef {"waiting" | "running" | "answered" | "dead" | "refused" | "withdrawn"} State
 *
 * @typedef {object} Comment
 * @property {string} id
 * @property {number} seq
 * @property {string} text
 * @property {string} html  sanitised by the server
 * @property {boolean} [shortened]  the text is only the beginning
 * @property {string} username
 * @property {string | null} [color]
 * @property {string} [domain]
 * @property {"human" | "AI" | "notice" | "question"} message-type
 * @property {string | null} [replyTo]
 * @property {string | null} [entity]  the persona that is asked or that answers
 * @property {number} timestamp  milliseconds since 1970
 * @property {State | null} [state]
 * @property {string | null} [reason]
 * @property {number | null} [attempts]
 * @property {number | null} [position]  in the queue: 1 is next
 * @property {import("./files.js").FileView[]} [files]
 * @property {import("./asked.js").Approval} [approval]  of a question
 * @property {import("./steps.js").Activity[]} [activities]  of an answer
 *
 * @typedef {{ comments: Comment[], hasMore: boolean, before?: number | null }} Page  `before`: the parameter for earlier posts
 * The filter of the form. An older address adds a choice of people, more words, and excluded words.
 * @typedef {{ user: string, search: string, type: string, users?: string[], words?: string[], without?: string[] }} Filter
 * @typedef {{ id: string, text: string, username?: string, entity?: string, replyTo?: string, domain: string, attachments?: string[] }} Draft
 */

import { matches } from "./filter.js";

/** The server refused the request; `message` is the reason. */
export class Refused extends Error {
  /** @param {number} status @param {string} message @param {number} after seconds until the next try */
  constructor(status, message, after) {
    super(message);
    this.status = status;
    this.after = after;
  }
}

/** The server did not answer. */
export class Lost extends Error {}

/** Time limit for an answer, in milliseconds. After this time, the connection counts as lost. */
const PATIENCE = 20_000;

/**
 * @param {string} method @param {string} path @param {unknown} [body]
 * @param {AbortSignal} [stop]  cancels the request
 * @returns {Promise<any>}
 */
export async function ask(method, path, body, stop) {
  /** @param {unknown} error @returns {never} */
  const lost = (error) => {
    throw new Lost(error instanceof Error ? error.message : String(error));
  };
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    cache: "no-store",
    signal: AbortSignal.any([AbortSignal.timeout(PATIENCE), ...(stop ? [stop] : [])]),
  }).catch(lost);
  if (answer.ok) return answer.status === 204 ? null : answer.json().catch(lost);
  const said = await answer.json().catch(() => ({}));
  const after = Number(answer.headers.get("retry-after")) || 0;
  throw new Refused(answer.status, said.message ?? said.error ?? `the server answered ${answer.status}`, after);
}

/**
 * Reads posts of a room, oldest first.
 * @param {string} room
 * @param {Filter} filter
 * @param {Record<string, string | number>} which `cursor` or `before`, and `limit`
 * @param {AbortSignal} [stop]
 * @returns {Promise<Page>}
 */
export async function read(room, filter, which, stop) {
  const query = new URLSearchParams({ domain: room });
  const { user, search, type } = filter;
  for (const [name, value] of Object.entries({ user, search, type, ...which })) if (value !== "") query.set(name, String(value));
  const page = await ask("GET", `/api/comments?${query}`, undefined, stop);
  // The server filters by one person and one word; the page applies the rest of the filter.
  return { ...page, comments: page.comments.filter((/** @type {Comment} */ comment) => matches(filter, comment)) };
}

/** @param {string} id @returns {Promise<Comment>} */
export const one = (id) => ask("GET", `/api/comments/${encodeURIComponent(id)}`);

/** @param {Draft} draft @returns {Promise<Comment>} */
export const post = (draft) => ask("POST", "/api/comments", draft);

/** @param {string} id @param {"stop" | "retry"} what */
export const control = (id, what) => ask("POST", `/api/comments/${encodeURIComponent(id)}/${what}`, {});
