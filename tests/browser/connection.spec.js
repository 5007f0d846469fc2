// After a lost connection returns, the page shows all missed posts, once and in order.

import { expect, live, open, posts, test } from "./baton.js";
import { wireTo } from "./wire.js";

const ids = (page) => posts(page).evaluateAll((all) => all.map((post) => post.dataset.id));

test("what came while the page was offline is there when it is back", async ({ page, context, baton }) => {
  await open(page, baton);
  await baton.write("before", { entity: "Patience" });
  await expect(posts(page)).toHaveCount(1);

  await context.setOffline(true);
  await expect(page.locator("#link")).toHaveText("offline");
  for (let n = 1; n <= 5; n++) await baton.write(`missed ${n}`);
  await expect.poll(async () => (await baton.comments()).length).toBe(11);
  await expect(posts(page)).toHaveCount(1);

  await context.setOffline(false);
  await live(page);
  await expect(posts(page)).toHaveCount(11);
  expect(await ids(page)).toEqual((await baton.comments()).map(({ id }) => id));
  await expect(posts(page).filter({ hasText: "missed 3" }).first()).toHaveAttribute("data-state", "answered");
});

test("the server is killed and started again under an open page", async ({ page, baton }) => {
  await open(page, baton);
  await baton.write("before");
  await expect(posts(page)).toHaveCount(2);

  await baton.kill();
  await expect(page.locator("#link")).toHaveText("reconnecting");
  // The page keeps a message written now, and sends the message once after Baton is back.
  await page.getByLabel("Your message").fill("written in between");
  await page.getByLabel("Your message").press("Enter");
  await expect(page.locator("#sending")).toContainText("Your message is kept");
  await expect(page.getByLabel("Your message")).toHaveValue("written in between");

  await baton.start();
  await baton.write("after");
  await live(page);
  await expect(posts(page)).toHaveCount(6);
  await expect(page.getByLabel("Your message")).toHaveValue("");
  expect(await ids(page)).toEqual((await baton.comments()).map(({ id }) => id));
  expect(await baton.comments("type=human&search=in+between")).toHaveLength(1);
});

test("a connection that died without a word is noticed", async ({ page, baton }) => {
  await page.clock.install();
  const wire = await wireTo(baton.host, new URL(baton.url).port);
  await page.goto(wire.url);
  await live(page);
  await baton.write("before", { entity: "Patience" });
  await expect(posts(page)).toHaveCount(1);

  wire.swallow();
  await baton.write("missed", { entity: "Patience" });
  // Two pings would have arrived in this time.
  await page.clock.fastForward("00:40");
  await expect(posts(page)).toHaveCount(2);
  await live(page);
  expect(await ids(page)).toEqual((await baton.comments()).map(({ id }) => id));
  wire.close();
});

test("an answer that was lost on its way does not make a second post", async ({ page, baton }) => {
  await open(page, baton);
  let asked = 0;
  await page.route("**/api/comments", async (route) => {
    asked += 1;
    if (asked > 1) return route.continue();
    // The server gets the message, but the page gets no answer.
    await route.fetch();
    return route.abort("connectionreset");
  });
  await page.getByLabel("Your message").fill("only once");
  await page.getByLabel("Your message").press("Enter");
  await expect(page.getByLabel("Your message")).toHaveValue("");
  expect(asked).toBe(2);
  await expect(posts(page)).toHaveCount(2);
  expect(await baton.comments("type=human")).toHaveLength(1);
});

test("a draft is still there after a reload", async ({ page, baton }) => {
  await open(page, baton);
  await page.getByLabel("Your message").fill("not done yet");
  await page.reload();
  await expect(page.getByLabel("Your message")).toHaveValue("not done yet");
});

test("many pages of one browser do not starve each other", async ({ context, baton }) => {
  const pages = [];
  for (let n = 0; n < 8; n++) {
    const page = await context.newPage();
    await open(page, baton);
    pages.push(page);
  }
  const last = pages[7];
  await last.getByLabel("Your message").fill("can you all hear me");
  await last.getByLabel("Your message").press("Enter");
  await expect(posts(last)).toHaveCount(2);
  // A resting page shows all posts once a person returns.
  for (const page of pages) {
    await page.getByLabel("Your message").click();
    await expect(posts(page)).toHaveCount(2);
  }
  await live(last);
});
