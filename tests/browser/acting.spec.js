// The steps of an agent before its answer.

import { card, MAKER, say, step } from "./acting.js";
import { expect, open, posts, test, texts } from "./baton.js";

test.use({ config: MAKER });

const WORK = [
  step("Read", { file_path: "src/one.rs" }),
  step("Read", { file_path: "src/two.rs" }),
  step("Read", { file_path: "src/three.rs" }),
  step("Bash", { command: "cargo check" }, "! "),
  step("Task", { description: "Find the callers", prompt: "Find them" }),
  step("Read", { file_path: "src/four.rs" }, "  "),
  step("Grep", { pattern: "fn lease" }, "  "),
  step("Bash", { command: "cargo nextest run" }, "? "),
];

test("what it does is seen while it does it, and folded under the answer", async ({ page, baton }) => {
  await open(page, baton);
  await say(page, ...WORK, "Three callers.");
  const doing = page.locator("#drafts .did");
  // Related steps share a line, a failure is visible, and the steps of a helper are in the helper's line.
  await expect(doing.locator("summary", { hasText: "and 1 more" })).toContainText("src/one.rs, src/two.rs and 1 more");
  await expect(doing.locator("summary", { hasText: "cargo check" })).toContainText("failed");
  await expect(doing.locator("summary", { hasText: "Find the callers" })).toContainText("2 steps");
  await expect(doing.locator(".step[data-state=running]").last()).toContainText("cargo nextest run");
  await expect(doing.getByText("src/three.rs").first()).toBeHidden();
  await doing.locator("summary", { hasText: "and 1 more" }).click();
  await expect(doing.getByText("src/three.rs").first()).toBeVisible();

  await card(page).getByRole("button", { name: "Allow", exact: true }).click();
  await expect(page.locator("#drafts .post")).toHaveCount(0);
  const answer = posts(page).last();
  await expect(answer.locator(".text")).toContainText("Three callers.");
  const all = answer.locator(".did summary").first();
  await expect(all).toHaveText("8 steps, 1 failed");
  await all.click();
  const check = answer.locator(".did summary", { hasText: "cargo check" });
  await check.click();
  await expect(answer.locator("pre", { hasText: "what Bash found" }).first()).toBeVisible();
  // The steps are still there after a reload.
  await page.reload();
  await expect(posts(page).last().locator(".did summary").first()).toHaveText("8 steps, 1 failed");
});

test("whoever comes in the middle sees what was done before", async ({ page, baton }) => {
  await baton.write(WORK.join("\n"), { entity: "Maker" });
  await expect.poll(async () => (await baton.comments("type=question")).length).toBe(1);
  await open(page, baton);
  await expect(page.locator("#drafts .did")).toContainText("cargo check");
  await expect(page.locator("#drafts .did")).toContainText("cargo nextest run");
});

test("where nothing comes for a while, it says that it goes on", async ({ page, baton }) => {
  await page.clock.install();
  await open(page, baton);
  await page.getByLabel("to", { exact: true }).selectOption("Patience");
  await page.getByLabel("Your message").fill("take your time");
  await page.getByLabel("Your message").press("Enter");
  await expect(page.locator("#drafts .post")).toHaveCount(1);
  await expect(page.locator("#drafts .alive")).toHaveText("");
  // Only the wall clock moves on: with real time passing and no ping, the page would reconnect.
  await page.clock.setSystemTime(await page.evaluate(() => Date.now() + 130_000));
  await page.clock.runFor(5_000);
  await expect(page.locator("#drafts .alive")).toHaveText("still working, 2 min");
});

for (const [device, width, height] of [["desk", 1280, 900], ["phone", 390, 844]]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`how it looks: ${device}, ${colorScheme}`, async ({ browser, baton }) => {
      const phone = device === "phone";
      const context = await browser.newContext({ viewport: { width, height }, colorScheme, isMobile: phone, hasTouch: phone });
      const page = await context.newPage();
      await open(page, baton);
      await baton.write([...WORK, "Three callers."].join("\n"), { username: "Ada", entity: "Maker" });
      await expect(card(page).locator(".covers")).toBeVisible();
      await expect(page.locator("#drafts .did")).toContainText("cargo nextest run");
      await page.screenshot({ path: `../../artifacts/acting-${device}-${colorScheme}.png`, animations: "disabled" });
      const tooWide = await page.evaluate(() => [document.documentElement, document.querySelector("#scroller")].map((box) => (box?.scrollWidth ?? 0) - (box?.clientWidth ?? 0)));
      expect(tooWide).toEqual([0, 0]);
      await card(page).getByRole("button", { name: "Deny", exact: true }).click();
      await expect(texts(page).last()).toContainText("Three callers.");
      await posts(page).last().locator(".did summary").first().click();
      await page.screenshot({ path: `../../artifacts/acted-${device}-${colorScheme}.png`, animations: "disabled" });
      await context.close();
    });
  }
}
