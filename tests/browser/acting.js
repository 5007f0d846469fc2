// An agent with tools: the `claude` agent, with a fake CLI scripted by the message (see claude.js).

import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, TOKEN } from "./baton.js";

const CLI = fileURLToPath(new URL("./claude.js", import.meta.url));
// A missing settings folder, so that the CLI ignores the Claude settings of the user who runs the tests.
const NO_HOME = join(tmpdir(), "baton-no-claude-here");

/** Maker is the default persona. */
export const MAKER = `
[agents.maker]
kind = "claude"
program = ${JSON.stringify(CLI)}
env = { CLAUDE_CONFIG_DIR = ${JSON.stringify(NO_HOME)} }

[personas.Maker]
agent = "maker"
color = "#8a5a2b"
`;

/** Ann and Cid may write, and Ben is the operator. */
export const PEOPLE = `
[people.Ann]
token = { env = "TOKEN_OF_ANN" }

[people.Ben]
token = { env = "TOKEN_OF_BEN" }
operator = true

[people.Cid]
token = { env = "TOKEN_OF_CID" }
`;

/** A step in a message for the fake CLI. @param {string} tool @param {object} input @param {"" | "? " | "! " | "  "} [mark] */
export const step = (tool, input, mark = "") => `${mark}${tool} ${JSON.stringify(input)}`;

/** The only open approval. */
export const card = (page) => page.locator("#posts .asked[data-state=open]");
/** All approvals, open or decided. */
export const cards = (page) => page.locator("#posts .asked:not(:empty)");

/** A page with `name` signed in. */
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

/** Writes a message to Maker. */
export async function say(page, ...lines) {
  await page.getByLabel("to", { exact: true }).selectOption("Maker");
  await page.getByLabel("Your message").fill(lines.join("\n"));
  await page.getByLabel("Your message").press("Enter");
}
