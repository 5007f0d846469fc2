// An agent that acts: the `claude` agent, with a CLI that does what a message says (see claude.js).

import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, TOKEN } from "./baton.js";

const CLI = fileURLToPath(new URL("./claude.js", import.meta.url));
// What the tests' own user has of the real one is none of its business.
const NO_HOME = join(tmpdir(), "baton-no-claude-here");

/** Maker answers where nobody else is asked. */
export const MAKER = `
[agents.maker]
kind = "claude"
program = ${JSON.stringify(CLI)}
env = { CLAUDE_CONFIG_DIR = ${JSON.stringify(NO_HOME)} }

[personas.Maker]
agent = "maker"
color = "#8a5a2b"
`;

/** Ann and Cid may write, Ben runs this Baton. */
export const PEOPLE = `
[people.Ann]
token = { env = "TOKEN_OF_ANN" }

[people.Ben]
token = { env = "TOKEN_OF_BEN" }
operator = true

[people.Cid]
token = { env = "TOKEN_OF_CID" }
`;

/** A step that a message asks for. @param {string} tool @param {object} input @param {"" | "? " | "! " | "  "} [mark] */
export const step = (tool, input, mark = "") => `${mark}${tool} ${JSON.stringify(input)}`;

/** The one question that is open. */
export const card = (page) => page.locator("#posts .asked[data-state=open]");
/** All that were asked, decided or not. */
export const cards = (page) => page.locator("#posts .asked:not(:empty)");

/** A page of somebody who has signed in. */
export async function pageOf(browser, baton, name) {
  const context = await browser.newContext();
  const token = name === "Ann" ? TOKEN : `a token that only ${name} has`;
  const answer = await context.request.post(`${baton.url}/api/session`, { data: { token } });
  expect(answer.status()).toBe(200);
  const page = await context.newPage();
  await page.goto(baton.url);
  await expect(page.locator("#link")).toHaveText("live");
  return page;
}

/** Writes to Maker. */
export async function say(page, ...lines) {
  await page.getByLabel("to", { exact: true }).selectOption("Maker");
  await page.getByLabel("Your message").fill(lines.join("\n"));
  await page.getByLabel("Your message").press("Enter");
}
