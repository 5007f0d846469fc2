// Approvals: an agent asks, and people decide.

import { card, cards, MAKER, pageOf, PEOPLE, say, step } from "./acting.js";
import { expect, open, posts, test, texts } from "./baton.js";

const MAKE = step("Bash", { command: "make all", description: "Build it" }, "? ");

test.describe("where nobody has an account", () => {
  test.use({ config: MAKER });

  test("what it wants to do is shown, and allowed", async ({ page, baton }) => {
    await open(page, baton);
    await say(page, MAKE);
    await expect(card(page).locator(".what")).toContainText("make all");
    await expect(page.locator("#now")).toHaveText("Maker waits for a decision");
    await expect(page.locator("#announce")).toContainText("Maker asks:");
    await expect(page.locator("#announce")).toHaveAttribute("aria-live", "polite");
    await expect(card(page).locator(".left")).toHaveText(/min left/);
    // The page shows the whole input on request.
    await card(page).getByText("The whole input of Bash").click();
    await expect(card(page).locator(".input")).toContainText("Build it");
    await card(page).getByRole("button", { name: "Allow", exact: true }).click();
    await expect(cards(page).locator(".outcome")).toHaveText("Allowed by the operator");
    await expect(cards(page).getByRole("button")).toHaveCount(0);
    await expect(texts(page).last()).toHaveText("what Bash found");
    // The outcome is still there after a reload.
    await page.reload();
    await expect(cards(page).locator(".outcome")).toHaveText("Allowed by the operator");
  });

  test("it is told why not, by keyboard alone", async ({ page, baton }) => {
    await open(page, baton);
    await say(page, MAKE);
    await expect(card(page)).toBeVisible();
    await expect(page.getByLabel("Your message")).toBeFocused();
    const why = card(page).getByRole("button", { name: "Deny with a reason" });
    for (let presses = 0; presses < 10 && !(await why.evaluate((button) => button === document.activeElement)); presses++) {
      await page.keyboard.press("Shift+Tab");
    }
    await page.keyboard.press("Enter");
    await expect(card(page).getByLabel("Reason")).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(why).toBeFocused();
    await page.keyboard.press("Enter");
    await page.keyboard.type("use the cheaper one");
    await page.keyboard.press("Enter");
    await expect(cards(page).locator(".outcome")).toHaveText("Denied by the operator: use the cheaper one");
    await expect(page.locator(".post[data-kind=question]")).toBeFocused();
    await expect(texts(page).last()).toContainText("use the cheaper one");
  });

  test("who decides by keyboard stays with what was decided", async ({ page, baton }) => {
    await open(page, baton);
    await say(page, MAKE);
    await card(page).getByRole("button", { name: "Allow", exact: true }).focus();
    await page.keyboard.press("Enter");
    await expect(cards(page).locator(".outcome")).toHaveText("Allowed by the operator");
    await expect(page.locator(".post[data-kind=question]")).toBeFocused();
  });

  test("what is allowed for the session says what that is, and is not asked again", async ({ page, baton }) => {
    await open(page, baton);
    await say(page, MAKE, MAKE);
    await expect(card(page).locator(".covers")).toContainText("Bash(make all)");
    await card(page).getByRole("button", { name: "Allow for this session" }).click();
    await expect(texts(page).last()).toHaveText("what Bash found what Bash found");
    await expect(cards(page)).toHaveCount(1);
    await expect(cards(page).locator(".outcome")).toHaveText("Allowed for this session by the operator");
  });

  test("a turn that asks can be stopped", async ({ page, baton }) => {
    await open(page, baton);
    await say(page, MAKE);
    await card(page).getByRole("button", { name: "Stop the turn" }).click();
    await expect(cards(page).locator(".outcome")).toHaveText("Expired: the turn is over");
    await expect(posts(page).first()).toHaveAttribute("data-state", "withdrawn");
  });

  test("a command of several lines is shown whole, an edit as what goes and what comes", async ({ page, baton }) => {
    await open(page, baton);
    await say(page,
      step("Bash", { command: "for one in build/*; do\n  rm -rf \"$one\"\ndone" }, "? "),
      step("Edit", { file_path: "a.rs", old_string: "let n = 1;", new_string: "let n = 2;\nlet m = n;" }, "? "),
    );
    await expect(card(page).locator(".input pre")).toHaveText("for one in build/*; do\n  rm -rf \"$one\"\ndone");
    await card(page).getByRole("button", { name: "Allow", exact: true }).click();
    await expect(card(page).locator(".what")).toContainText("a.rs");
    await card(page).getByText("The whole input of Edit").click();
    await expect(card(page).locator(".change del")).toHaveText(["let n = 1;"]);
    await expect(card(page).locator(".change ins")).toHaveText(["let n = 2;", "let m = n;"]);
  });

  test("a question takes options, several of them, and words of one's own", async ({ page, baton }) => {
    await open(page, baton);
    await say(page, step("AskUserQuestion", { questions: [
      { question: "Which store?", header: "Store", options: [{ label: "SQLite", description: "one file" }, { label: "PostgreSQL" }], multiSelect: false },
      { question: "What runs first?", header: "Checks", options: [{ label: "Lints" }, { label: "Tests" }], multiSelect: true },
      { question: "Called what?", header: "Name", options: [], multiSelect: false },
    ] }, "? "));
    const answer = card(page).getByRole("button", { name: "Answer", exact: true });
    await card(page).getByLabel("SQLite").check();
    await answer.click();
    await expect(card(page).locator(".problem")).toHaveText("Each question needs an answer.");
    const checks = card(page).getByRole("group", { name: "What runs first?" });
    await expect(checks.getByLabel("Lints")).toBeFocused();
    await checks.getByLabel("Lints").check();
    await checks.getByLabel("Tests").check();
    await card(page).getByRole("group", { name: "Called what?" }).getByRole("textbox").fill("Ada");
    // In a question with a single answer, typed words replace the chosen option.
    await card(page).getByRole("group", { name: "Which store?" }).getByRole("textbox").fill("neither");
    await expect(card(page).getByLabel("SQLite")).not.toBeChecked();
    await answer.click();
    await expect(cards(page).locator(".outcome")).toHaveText("Answered by the operator: neither; Lints, Tests; Ada");
    await expect(texts(page).last()).toContainText('"Which store?":"neither"');
  });

  test("nothing that an agent asks becomes part of the page, nor hides in it", async ({ page, baton }) => {
    await open(page, baton);
    await say(page, step("Bash", { command: "echo <img src=x onerror='document.title=1'>\u202e; rm -rf /", "<b>x</b>": "<script>document.title = 2</script>" }, "? "));
    await card(page).locator(".whole").evaluate((fold) => { fold.open = true; });
    await expect(card(page).locator(".input pre")).toContainText("⟨U+202E⟩; rm -rf /");
    await expect(card(page).locator(".input")).toContainText("<script>document.title = 2</script>");
    await expect(page.locator("#posts img, #posts script, #posts .asked b")).toHaveCount(0);
    await expect(page).toHaveTitle("main · Baton");
  });

  test("an open question is there after a lost connection, and what is typed into it stays", async ({ page, baton }) => {
    await open(page, baton);
    await say(page, MAKE);
    await card(page).getByRole("button", { name: "Deny with a reason" }).click();
    await card(page).getByLabel("Reason").fill("because");
    await page.context().setOffline(true);
    await expect(page.locator("#link")).toHaveText("offline");
    await page.context().setOffline(false);
    await expect(page.locator("#link")).toHaveText("live");
    await expect(card(page).getByLabel("Reason")).toHaveValue("because");
    await page.reload();
    await expect(card(page).getByRole("button", { name: "Allow", exact: true })).toBeVisible();
  });
});

test.describe("after its time", () => {
  test.use({ config: `${MAKER}\n[approvals]\nopen_seconds = 1\n` });

  test("a question says that it expired, and nothing was allowed", async ({ page, baton }) => {
    await open(page, baton);
    await say(page, MAKE);
    await expect(cards(page).locator(".outcome")).toHaveText("Expired: nobody decided within 1 s");
    await expect(cards(page).getByRole("button")).toHaveCount(0);
    await expect(texts(page).last()).toContainText("Expired");
  });
});

test.describe("among several people", () => {
  test.use({ config: MAKER + PEOPLE });

  test("who may not decide sees it, and the second person is told who decided", async ({ browser, baton }) => {
    const [ann, ben, cid] = await Promise.all(["Ann", "Ben", "Cid"].map((name) => pageOf(browser, baton, name)));
    await say(ann, MAKE);
    await expect(card(ann).getByRole("button", { name: "Allow", exact: true })).toBeVisible();
    await expect(card(ben).getByRole("button", { name: "Allow", exact: true })).toBeVisible();
    await expect(card(cid).locator(".left")).toContainText("The author of the message or an operator decides");
    await expect(card(cid).getByRole("button")).toHaveCount(0);
    // Ben's decision arrives before Ann's.
    await ann.route("**/api/approvals/*", async (route) => {
      if (route.request().method() === "POST") {
        await card(ben).getByRole("button", { name: "Allow", exact: true }).click();
        await expect(cards(ben).locator(".outcome")).toHaveText("Allowed by Ben");
      }
      await route.continue();
    });
    await card(ann).getByRole("button", { name: "Deny", exact: true }).click();
    await expect(cards(ann).locator(".outcome")).toHaveText("Allowed by Ben");
    await expect(cards(ann).locator(".problem")).toHaveText("Too late: this approval is decided already.");
    await expect(cards(cid).locator(".outcome")).toHaveText("Allowed by Ben");
    for (const page of [ann, ben, cid]) await page.context().close();
  });
});
