// Reading: filters in the address, earlier posts, one post by its address.

import { expect, open, posts, test, texts } from "./baton.js";

test("the filter is in the address, and the address is the filter", async ({ page, baton }) => {
  await baton.write("apples and pears", { username: "Ada" });
  await baton.write("plums and pears", { username: "Bo" });
  await expect.poll(async () => (await baton.comments()).length).toBe(4);
  await open(page, baton);
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByLabel("Word").fill("PEARS");
  await page.getByLabel("Kind").selectOption("people");
  await page.getByLabel("Person").fill("Bo");
  await expect(posts(page)).toHaveCount(1);
  await expect(texts(page)).toHaveText("plums and pears");
  await expect(page).toHaveURL(`${baton.url}/?user=Bo&search=PEARS&type=human`);

  // In another page with the same address, the server has already filtered.
  const shared = await page.context().newPage();
  await open(shared, baton, "/?user=Bo&search=PEARS&type=human");
  await expect(posts(shared)).toHaveCount(1);
  await expect(shared.getByLabel("Word")).toHaveValue("PEARS");
  // New posts are filtered too; the last one shows that the others were checked.
  await baton.write("cherries", { username: "Bo" });
  await baton.write("more pears", { username: "Ada" });
  await baton.write("the last pears", { username: "Bo" });
  await expect(texts(shared)).toHaveText(["plums and pears", "the last pears"]);

  await page.getByRole("button", { name: "Clear" }).click();
  await expect(posts(page)).toHaveCount(10);
  await expect(page).toHaveURL(`${baton.url}/`);
  await page.goBack();
  await expect(texts(page)).toHaveText(["plums and pears", "the last pears"]);
});

test("an address of the older page picks what it picked there", async ({ page, baton }) => {
  for (const [name, text] of [["Ada", "red apples"], ["Bo", "red plums"], ["Cy", "red pears"], ["Bo", "red sour plums"]]) {
    await baton.write(text, { username: name, entity: "Patience" });
  }
  await open(page, baton, "/#u=Ada:255000000+Bo:000255000&word=red&-word=sour&mt=human&entity=Patience");
  await expect(texts(page)).toHaveText(["red apples", "red plums"]);
  await expect(page.getByLabel("Word")).toHaveValue("red");
  await expect(page.locator("#filter")).toContainText("by Ada, Bo; without sour");
  await expect(page.locator("#entity")).toHaveValue("Patience");
  // New posts are filtered too; the last one shows that the others were checked.
  await baton.write("red and sour", { username: "Ada", entity: "Patience" });
  await baton.write("red cherries", { username: "Cy", entity: "Patience" });
  await baton.write("red currants", { username: "Ada", entity: "Patience" });
  await expect(texts(page)).toHaveText(["red apples", "red plums", "red currants"]);
  await page.getByRole("button", { name: "Clear" }).click();
  await expect(texts(page)).toHaveCount(7);
  await expect(page).toHaveURL(`${baton.url}/`);
});

test("a long post is shown whole, and whoever reads it keeps the place", async ({ page, baton }) => {
  const { id } = await baton.write("tell me all", { entity: "Patience" });
  const lines = Array.from({ length: 3_500 }, (_, n) => `Line ${n} of a long reply.`);
  await baton.write(lines.join("\n\n"), { entity: "Patience", "message-type": "AI", replyTo: id });
  await open(page, baton);
  const more = page.getByRole("button", { name: "Show all" });
  await expect(more).toBeInViewport();
  const top = async () => (await posts(page).last().boundingBox())?.y ?? NaN;
  const before = await top();
  await more.click();
  await expect(more).toBeHidden();
  await expect(texts(page).last()).toContainText("Line 3499 of");
  expect(Math.abs((await top()) - before)).toBeLessThan(2);
});

test("earlier posts come when they are asked for, and any post has an address", async ({ page, baton }) => {
  const first = await baton.write("post number 1", { entity: "Patience" });
  for (let n = 2; n <= 120; n++) await baton.write(`post number ${n}`, { entity: "Patience" });
  await open(page, baton);
  await expect(posts(page)).toHaveCount(50);
  await expect(texts(page).last()).toHaveText("post number 120");
  await expect(texts(page).last()).toBeInViewport();

  await page.locator("#scroller").evaluate((scroller) => { scroller.scrollTop = -scroller.scrollHeight; });
  await expect(texts(page).first()).toHaveText("post number 21");
  await page.locator("#scroller").evaluate((scroller) => { scroller.scrollTop = -scroller.scrollHeight; });
  await expect(texts(page).first()).toHaveText("post number 1");
  await expect(page.locator("#older")).toBeHidden();
  const numbers = await texts(page).allInnerTexts();
  expect(numbers).toEqual(numbers.map((_, n) => `post number ${n + 1}`));

  // New posts do not scroll a page that is far up; the page only mentions them.
  const seen = texts(page).getByText("post number 3", { exact: true });
  const top = async () => (await seen.boundingBox())?.y ?? NaN;
  const before = await top();
  await baton.write("the newest", { entity: "Patience" });
  await expect(page.locator("#newest")).toHaveText("1 new ↓");
  expect(Math.abs((await top()) - before), "how far it moved").toBeLessThanOrEqual(1);
  await page.locator("#newest").click();
  await expect(texts(page).filter({ hasText: "the newest" })).toBeInViewport();

  await page.goto("about:blank");
  await open(page, baton, `/#c-${first.id}`);
  await expect(texts(page).getByText("post number 1", { exact: true })).toBeInViewport();
  await page.locator("#newest").click();
  await expect(texts(page).last()).toHaveText("the newest");
});

test("a page that stays open does not grow for ever", async ({ page, baton }) => {
  await open(page, baton);
  for (let n = 1; n <= 450; n++) await baton.write(`post number ${n}`, { entity: "Patience" });
  await expect(texts(page).last()).toHaveText("post number 450");
  await expect(posts(page)).toHaveCount(400);
  await expect(page.locator("#older")).toBeVisible();
});
