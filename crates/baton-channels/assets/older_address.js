// @ts-check
// Addresses of the older page: `#u=Ann:255000000+Ben&word=one+two&-word=three&mt=AI&entity=Ada`.

/** @typedef {import("./api.js").Filter} Filter */

/** The types of posts, under their names in an older address. */
const KINDS = new Map([["human", "human"], ["ai", "AI"]]);

/** @param {string} list */
const parts = (list) => list.split("+").map(decoded).filter(Boolean);

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The filter and the persona of an older address; null for any other address.
 * @param {string} hash
 * @returns {{ filter: Filter, entity: string } | null}
 */
export function parse(hash) {
  const fields = new Map(hash.slice(1).split("&").map((field) => {
    const [name, ...value] = field.split("=");
    return /** @type {[string, string]} */ ([name, value.join("=")]);
  }));
  const field = (/** @type {string} */ name) => fields.get(name) ?? "";
  if (!["u", "word", "-word", "mt", "entity"].some((name) => fields.has(name))) return null;
  // The colour after a name distinguished people with the same name; here, names are unique.
  const users = parts(field("u")).map((user) => user.replace(/:\d{9}$/, ""));
  const words = parts(field("word"));
  const [user = "", ...others] = users;
  const [search = "", ...more] = words;
  return {
    filter: {
      user: others.length > 0 ? "" : user,
      search,
      type: KINDS.get(field("mt").toLowerCase()) ?? "",
      users: others.length > 0 ? users : [],
      words: more,
      without: parts(field("-word")),
    },
    entity: decoded(field("entity")),
  };
}
