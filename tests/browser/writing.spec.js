// Writing messages and getting answers.

import { another, expect, live, open, posts, test, texts } from "./baton.js";

test("a message is answered, and the answer is seen while it is written", async ({ page, baton }) => {
  await open(page, baton);
  await expect(page.locator("#empty")).toContainText("This room has no posts yet");
  await page.getByLabel("as", { exact: true }).fill("Ada");
  await page.getByLabel("to", { exact: true }).selectOption("Dictated");
  await page.getByLabel("Your message").fill("count to three");
  await page.getByRole("button", { name: "Send" }).click();

  const answer = await baton.dictate();
  const draft = page.locator("#drafts .text");
  await answer.write("one");
  await expect(draft).toHaveText("one");
  await answer.write(" two");
  await expect(draft).toHaveText("one two");
  await expect(posts(page), "nothing is posted before it is whole").toHaveCount(1);
  await answer.write(" three");
  await answer.close();

  await expect(posts(page)).toHaveCount(2);
  await expect(posts(page).first()).toContainText("Ada");
  await expect(posts(page).first()).toHaveAttribute("data-state", "answered");
  await expect(posts(page).last()).toContainText("Dictated");
  await expect(texts(page).last()).toHaveText("one two three");
  await expect(page.locator("#drafts .post")).toHaveCount(0);
  await expect(page.getByLabel("Your message")).toHaveValue("");
});

test("the page holds the last posts before any script runs", async ({ browser, baton }) => {
  await baton.write("hello **there**\n\n```rust\nlet n = 1;\n```\n");
  await expect.poll(async () => (await baton.comments()).length).toBe(2);
  const context = await another(browser, baton, { javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(baton.url);
  await expect(posts(page)).toHaveCount(2);
  await expect(page.locator("#posts strong").first()).toHaveText("there");
  await expect(page.locator("#posts pre [class^=hl-]").first()).toBeAttached();
  await context.close();
});

test("a reply says what it replies to", async ({ page, baton }) => {
  const first = await baton.write("the first remark", { entity: "Patience" });
  await baton.write("the second remark", { entity: "Patience" });
  await open(page, baton);
  const post = page.locator(`[id="c-${first.id}"]`);
  await post.hover();
  await post.getByRole("button", { name: "Reply to Bo" }).click();
  await expect(page.locator("#answering")).toContainText("Bo: the first remark");
  await page.getByLabel("Your message").fill("this is about the first");
  await page.getByLabel("Your message").press("Enter");
  await expect(page.locator("#answering")).toBeHidden();
  const quote = posts(page).filter({ hasText: "this is about the first" }).first().locator(".quote");
  await expect(quote).toHaveText("Bo: the first remark");
  const [sent] = await baton.comments("search=about+the+first&type=human");
  expect(sent.replyTo).toBe(first.id);
});

test("one sees what waits and at which position, and can stop it", async ({ page, baton }) => {
  await open(page, baton);
  await page.getByLabel("to", { exact: true }).selectOption("Patience");
  for (const text of ["first", "second", "third"]) {
    await page.getByLabel("Your message").fill(text);
    await page.getByLabel("Your message").press("Enter");
    await expect(texts(page).filter({ hasText: text }).first()).toBeVisible();
    await expect(page.getByLabel("Your message")).toHaveValue("");
  }
  const state = (n) => posts(page).nth(n).locator(".state");
  await expect(state(0)).toHaveText("being answered");
  await expect(state(1)).toHaveText("next in line");
  await expect(state(2)).toHaveText("number 2 in line");
  await expect(page.locator("#now")).toHaveText("Patience is writing · 2 messages wait");

  await posts(page).nth(1).getByRole("button", { name: "Stop" }).click();
  await expect(state(1)).toContainText("withdrawn");
  await expect(state(2)).toHaveText("next in line");

  await posts(page).nth(0).getByRole("button", { name: "Stop" }).click();
  await expect(posts(page).nth(0)).toHaveAttribute("data-state", "withdrawn");
  await expect(state(2)).toHaveText("being answered");
});

test("what failed says so, and can be tried again", async ({ page, baton }) => {
  await open(page, baton);
  await page.getByLabel("to", { exact: true }).selectOption("Broken");
  await page.getByLabel("Your message").fill("this will fail");
  await page.getByLabel("Your message").press("Enter");
  const post = posts(page).first();
  await expect(post.locator(".state")).toContainText("not answered");
  await expect(page.locator(".post[data-kind=notice]")).toHaveCount(1);
  await post.getByRole("button", { name: "Try again" }).click();
  await expect(page.locator(".post[data-kind=notice]")).toHaveCount(2);
  await expect(post.locator(".state")).toContainText("not answered");
});

test("a room is apart from the public stream", async ({ page, baton }) => {
  await baton.write("for everybody", { entity: "Patience" });
  await open(page, baton);
  await expect(posts(page)).toHaveCount(1);
  await page.getByRole("button", { name: "Rooms" }).click();
  await page.getByLabel("Open or create a room").fill("Büro 3");
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Büro 3");
  await expect(page.locator("#empty")).toBeVisible();
  await live(page);
  await page.getByLabel("Your message").fill("for this room");
  await page.getByLabel("Your message").press("Enter");
  await expect(posts(page)).toHaveCount(2);
  const rooms = (await baton.comments()).map(({ text, domain }) => [text, domain]);
  expect(rooms).toContainEqual(["for this room", "Büro 3"]);

  await page.getByRole("button", { name: "Rooms" }).click();
  await page.getByRole("button", { name: "Create an unlisted room" }).click();
  await expect(page).toHaveURL(/\/r\/(\w{4}-){3}\w{4}$/);
});

test("nothing that somebody writes becomes part of the page", async ({ page, baton }) => {
  await baton.write("<img src=x onerror='document.title = 1'><script>document.title = 2</script> [x](javascript:alert(1))", {
    username: "<b>Bo</b>", entity: "Patience",
  });
  await open(page, baton);
  await baton.write("<img src=x onerror='document.title = 3'>", { username: "<b>Bo</b>", entity: "Patience" });
  await expect(posts(page)).toHaveCount(2);
  await expect(page.locator("#posts img, #posts script, #posts .who b, #posts [href^=javascript]")).toHaveCount(0);
  await expect(page.locator("#posts .who").first()).toHaveText("<b>Bo</b>");
  await expect(page).toHaveTitle("main · Baton");
});

test("code is copied, and who copies stays where they were", async ({ page, baton }) => {
  await baton.write("```\nfirst line\n  second line\n```", { entity: "Patience" });
  await open(page, baton);
  const copy = posts(page).first().getByRole("button", { name: "Copy" });
  await copy.focus();
  await page.keyboard.press("Enter");
  await expect(page.locator("#announce")).toHaveText("Copied");
  await expect(copy).toBeFocused();
  await page.getByLabel("Your message").focus();
  await page.keyboard.press("Control+V");
  await expect(page.getByLabel("Your message")).toHaveValue("first line\n  second line\n");
});
