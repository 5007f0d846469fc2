// The real program with its own data folder, for one test.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open as openFile, rm, writeFile } from "node:fs/promises";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { test as base, expect } from "@playwright/test";

const LOOPBACK = "127.0.0.1";
const BINARY = process.env.BATON_BIN ?? fileURLToPath(new URL("../../target/debug/baton", import.meta.url));

// Echo repeats; Dictated says the text dictated by the test; Patience never ends its turn; Broken fails.
const config = (dictation) => `
[agents.echo]
kind = "echo"
pause_seconds = 0.03

[agents.dictated]
kind = "command"
command = ["cat", "${dictation}"]

[agents.patience]
kind = "command"
command = ["sleep", "7200"]

[agents.broken]
kind = "command"
command = ["false"]

[personas.Echo]
agent = "echo"
color = "#2a7f78"

[personas.Dictated]
agent = "dictated"

[personas.Patience]
agent = "patience"
turn_seconds = 7200

[personas.Broken]
agent = "broken"

[channels.web]
persona = "Echo"
posts_per_minute = 0

[limits]
attempts = 1
`;

/** Ann's token, for tests that configure her. */
export const TOKEN = "a token that only Ann has";

/** An operator, for a Baton on the network without people configured by the test. */
const OPERATOR = `
[people.Operator]
token = { env = "TOKEN_OF_OPERATOR" }
operator = true
`;
const TOKEN_OF_OPERATOR = "a token that only the operator has";

/** A network address of this machine. To a browser, a page there is no secure context. */
const address = Object.values(networkInterfaces()).flat()
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

class Baton {
  #listen;
  #process = null;

  constructor(folder, more, host) {
    this.folder = folder;
    this.host = host;
    this.#listen = `${host}:0`;
    // Requests from outside loopback need a sign-in.
    this.token = host !== LOOPBACK && !more.includes("[people.") ? TOKEN_OF_OPERATOR : "";
    if (this.token) more += OPERATOR;
    this.dictation = join(folder, "dictation");
    execFileSync("mkfifo", [this.dictation]);
    this.config = config(this.dictation) + more;
  }

  get url() {
    return `http://${this.#listen}`;
  }

  /** Starts Baton; after a kill, on the same address. */
  async start() {
    const config = join(this.folder, "baton.toml");
    await writeFile(config, this.config);
    const child = spawn(BINARY, ["--json", "--config", config, "--data", join(this.folder, "data"), "--listen", this.#listen], {
      env: {
        ...process.env, TOKEN_OF_ANN: TOKEN, TOKEN_OF_OPERATOR,
        TOKEN_OF_BEN: "a token that only Ben has", TOKEN_OF_CID: "a token that only Cid has",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    let log = "";
    child.stderr.on("data", (data) => { log += data; });
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`baton ended with ${code} before it listened:\n${log}`);
    });
    ended.catch(() => {});
    const listening = (async () => {
      let said = "";
      for await (const line of createInterface({ input: child.stdout })) {
        said += line;
        try {
          return JSON.parse(said).address;
        } catch {
          // The JSON is not complete yet.
        }
      }
      return new Promise(() => {});
    })();
    this.#listen = await Promise.race([listening, ended]);
  }

  /** Kills Baton, as a power failure does. */
  async kill() {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** Signs in a browser context, if Baton requires a sign-in. */
  async admit(context) {
    if (!this.token) return;
    const answer = await context.request.post(`${this.url}/api/session`, { data: { token: this.token } });
    expect(answer.status()).toBe(200);
  }

  get #headers() {
    return this.token ? { authorization: `Bearer ${this.token}` } : {};
  }

  /** Another person writes a message through the API. */
  async write(text, more = {}) {
    const answer = await fetch(`${this.url}/api/comments`, {
      method: "POST",
      headers: { "content-type": "application/json", ...this.#headers },
      body: JSON.stringify({ text, username: "Bo", ...more }),
    });
    expect(answer.status, await answer.clone().text()).toBe(201);
    return answer.json();
  }

  /** Opens the text of Dictated for writing. Its turn runs until the file is closed. */
  dictate() {
    return openFile(this.dictation, "w");
  }

  /** The comments on the server, oldest first. */
  async comments(query = "") {
    const answer = await fetch(`${this.url}/api/comments?limit=200&${query}`, { headers: this.#headers });
    return (await answer.json()).comments;
  }
}

export const test = base.extend({
  /** Additional configuration. */
  config: ["", { option: true }],
  /** Whether the page is opened by a network address, which browsers trust less than loopback. */
  lan: [false, { option: true }],
  baton: async ({ config, lan }, use) => {
    test.skip(lan && !address, "this machine has no address but loopback's");
    const folder = await mkdtemp(join(tmpdir(), "baton-browser-"));
    const baton = new Baton(folder, config, lan ? address : LOOPBACK);
    await baton.start();
    await use(baton);
    await baton.kill();
    await rm(folder, { recursive: true, force: true });
  },
  context: async ({ context, baton }, use) => {
    await baton.admit(context);
    await use(context);
  },
  // An exception in a page, or a violation of its content policy, fails the test.
  page: async ({ page }, use) => {
    const wrong = [];
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" && !/ERR_|Failed to load resource/.test(message.text())) wrong.push(message.text());
    });
    await use(page);
    expect(wrong, "errors on the page").toEqual([]);
  },
});

/** Another browser context, signed in if required. */
export async function another(browser, baton, options = {}) {
  const context = await browser.newContext(options);
  await baton.admit(context);
  return context;
}

/** Opens a room and waits until the page is live. */
export async function open(page, baton, path = "/") {
  await page.goto(baton.url + path);
  await live(page);
}

export const live = (page) => expect(page.locator("#link")).toHaveText("live");
export const posts = (page) => page.locator("#posts > .post");
export const texts = (page) => page.locator("#posts .text");
export { expect };
