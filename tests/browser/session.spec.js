// Signing in, if Baton requires a sign-in.

import { expect, live, posts, test, TOKEN } from "./baton.js";

test.use({ config: `
[people.Ann]
token = { env = "TOKEN_OF_ANN" }
` });

test("nothing is shown before one has signed in, nor after one has signed out", async ({ page, baton }) => {
  await page.goto(baton.url);
  await expect(page.getByRole("dialog", { name: "Sign in" })).toBeVisible();
  await page.getByLabel("Token").fill("a guess");
  await page.keyboard.press("Enter");
  await expect(page.locator("#session-hint")).toContainText("nobody here has this token");

  await page.getByLabel("Token").fill(TOKEN);
  await page.keyboard.press("Enter");
  await live(page);
  await page.getByLabel("Your message").fill("it is me");
  await page.getByLabel("Your message").press("Enter");
  await expect(posts(page)).toHaveCount(2);
  await expect(posts(page).first().locator(".who")).toHaveText("Ann");

  await page.getByRole("button", { name: "Rooms" }).click();
  await page.getByRole("button", { name: "Sign out, Ann" }).click();
  await expect(page.getByRole("dialog", { name: "Sign in" })).toBeVisible();
  await expect(posts(page)).toHaveCount(0);
});
