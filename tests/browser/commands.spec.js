// Commands of people to Baton itself.

import { expect, open, posts, test } from "./baton.js";

test("a stroke offers the commands, and the answer is for who asked alone", async ({ page, baton }) => {
  await baton.write("wait", { entity: "Patience" });
  await open(page, baton);
  await page.getByLabel("to", { exact: true }).selectOption("Patience");
  const field = page.getByLabel("Your message");
  const offers = page.getByRole("listbox", { name: "Commands" });
  await field.press("/");
  await expect(offers.getByRole("option")).toHaveCount(7);
  await page.keyboard.type("st");
  await expect(offers.getByRole("option")).toHaveCount(2);
  await expect(offers.getByRole("option", { selected: true })).toContainText("/stop");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(field).toHaveValue("/status");
  await expect(offers).toBeHidden();
  await page.keyboard.press("Enter");
  const told = page.getByRole("complementary", { name: "Baton" });
  await expect(told.locator("code").first()).toHaveText("/status");
  await expect(told.getByRole("status")).toContainText("answering message");
  await expect(field).toHaveValue("");
  await expect(posts(page), "it is no message").toHaveCount(1);

  await field.fill("/stop");
  await field.press("Enter");
  await expect(told.getByRole("status")).toHaveText("Stopped.");
  await expect(posts(page).first()).toHaveAttribute("data-state", "withdrawn");
  await told.getByRole("button", { name: "Close" }).click();
  await expect(told).toBeHidden();
  await expect(field).toBeFocused();

  const [{ messageId }] = await baton.comments("type=human");
  await field.fill("/trac");
  await field.press("Tab");
  await expect(field).toHaveValue("/trace ");
  await page.keyboard.type(`${messageId}`);
  await field.press("Enter");
  await expect(told.getByRole("status")).toContainText("now withdrawn");

  await field.fill("/reset everything");
  await field.press("Enter");
  await expect(page.locator("#sending")).toContainText("write it as: /reset");
  await expect(field).toHaveValue("/reset everything");
});

test("what is no command of Baton's is for who answers", async ({ page, baton }) => {
  await open(page, baton);
  await page.getByLabel("Your message").fill("/compact now");
  await page.getByLabel("Your message").press("Enter");
  await expect(posts(page)).toHaveCount(2);
  expect((await baton.comments("type=human"))[0].text).toBe("/compact now");
});
