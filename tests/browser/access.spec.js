// Accessibility: keyboard only, a phone, light and dark colours.

import { another, expect, open, posts, test } from "./baton.js";

test("one can write by keyboard alone", async ({ page, baton }) => {
  await open(page, baton);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to writing" })).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.type("no mouse");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("was moved");
  await page.keyboard.press("Enter");
  await expect(posts(page).filter({ hasText: "no mouse" })).toHaveCount(2);
  await expect(page.getByLabel("Your message")).toBeFocused();
  expect((await baton.comments("type=human")).at(-1).text).toBe("no mouse\nwas moved");
  // In tab order, the newest post's buttons come right before the text field.
  await page.keyboard.press("Shift+Tab");
  const answer = posts(page).last();
  await expect(answer).toContainText("Echo");
  await expect(answer.getByRole("button", { name: "Reply to Echo" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("#answering")).toContainText("Echo:");
  await page.keyboard.press("Escape");
  await expect(page.locator("#answering")).toBeHidden();
});

test("a browser trusts the page no further than its address", async ({ page, baton, lan }) => {
  await open(page, baton);
  expect(await page.evaluate(() => isSecureContext)).toBe(!lan);
});

test("an answer is announced as a whole", async ({ page, baton }) => {
  await open(page, baton);
  await baton.write("say this");
  await expect(page.locator("#announce")).toHaveAttribute("aria-live", "polite");
  await expect(page.locator("#announce")).toContainText("Echo: ");
  await expect(page.locator("#announce")).toContainText("say this");
});

test("every control has a name", async ({ page, baton }) => {
  await baton.write("hello\n\n```\ncode\n```");
  await open(page, baton);
  await expect(posts(page)).toHaveCount(2);
  await page.getByRole("button", { name: "Filter" }).click();
  const nameless = await page.locator("button:visible, input:visible, select:visible, textarea:visible").evaluateAll((all) =>
    all.filter((control) => !(control.getAttribute("aria-label") || control.textContent?.trim() || control.labels?.[0]?.textContent?.trim())).map((control) => control.outerHTML));
  expect(nameless).toEqual([]);
});

test("on a phone nothing sticks out", async ({ browser, baton }) => {
  await baton.write(SAMPLE);
  await baton.write(`${"Donaudampfschifffahrtselektrizitätenhauptbetriebswerk".repeat(4)} https://example.org/${"a/".repeat(200)}`, { username: "W".repeat(64) });
  await expect.poll(async () => (await baton.comments()).length).toBe(4);
  const context = await another(browser, baton, { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
  const page = await context.newPage();
  await open(page, baton);
  await expect(posts(page)).toHaveCount(4);
  await page.getByRole("button", { name: "Filter" }).tap();
  const tooWide = await page.evaluate(() => [document.documentElement, document.querySelector("#scroller")].map((box) => (box?.scrollWidth ?? 0) - (box?.clientWidth ?? 0)));
  expect(tooWide).toEqual([0, 0]);
  // On a phone, Return begins a new line, and only the button sends.
  await page.getByLabel("Your message").fill("from a phone");
  await page.getByLabel("Your message").press("Enter");
  await expect(page.getByLabel("Your message")).toHaveValue("from a phone\n");
  await page.getByRole("button", { name: "Send" }).tap();
  await expect(posts(page)).toHaveCount(6);
  await context.close();
});

test("day and night can be chosen, and are kept", async ({ page, baton }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await open(page, baton);
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const day = await paper();
  await page.getByRole("button", { name: "Switch to night colours" }).click();
  const night = await paper();
  expect(night).not.toBe(day);
  await page.reload();
  expect(await paper()).toBe(night);
  await page.getByRole("button", { name: "Switch to day colours" }).click();
  expect(await paper()).toBe(day);
  // With the system's colours selected again, the page follows the system.
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await paper()).toBe(night);
});

for (const [device, width, height] of [["desk", 1280, 900], ["phone", 390, 844]]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`how it looks: ${device}, ${colorScheme}`, async ({ browser, baton }) => {
      await baton.write("Is a lease ended by the clock of the node, or by that of the store?", { username: "Ada" });
      await baton.write(SAMPLE, { username: "Bo" });
      await expect.poll(async () => (await baton.comments()).length).toBe(4);
      await baton.write("This will not be answered.", { username: "Chidi", entity: "Broken" });
      await expect.poll(async () => (await baton.comments("type=notice")).length).toBe(1);
      for (const name of ["Ada", "Bo", "Chidi"]) await baton.write(`A question of ${name}'s.`, { username: name, entity: "Patience" });
      const phone = device === "phone";
      const context = await browser.newContext({ viewport: { width, height }, colorScheme, isMobile: phone, hasTouch: phone });
      const page = await context.newPage();
      await open(page, baton);
      await expect(page.locator("#now")).toContainText("2 messages wait");
      await page.screenshot({ path: `../../artifacts/page-${device}-${colorScheme}.png`, animations: "disabled" });
      await page.locator("#posts pre").first().evaluate((code) => code.scrollIntoView({ block: "center" }));
      await page.screenshot({ path: `../../artifacts/page-${device}-${colorScheme}-code.png`, animations: "disabled" });
      await context.close();
    });
  }
}

const SAMPLE = `Here is what I have:

\`\`\`rust
/// Ends what is over, and says when to come again.
async fn expire(&self) -> Result<Option<Steady>, StoreError> {
    let ended = self.leases.iter().filter(|lease| lease.until <= now).count(); // never the wall clock
    tracing::info!(ended, "leases are over");
}
\`\`\`

| state | who may change it | what follows |
|---|---|---|
| waiting | the dispatcher | running |
| running | whoever holds the fence | answered, dead |

> What waits is never forgotten.

1. *First*, **bold** and \`code\`
2. second`;
