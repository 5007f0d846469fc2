// Voice messages, with Chromium's own fake microphone, which beeps.

import base from "./playwright.config.js";
import { expect, live, open, posts, test } from "./baton.js";

// The program hears any recording as the same words. A file without content is no recording.
const HEARS = `
[speech]
kind = "command"
command = ["sh", "-c", 'test -s "$1" && echo Please buy some milk.', "sh"]
`;
test.use({
  config: HEARS,
  launchOptions: {
    ...base.use?.launchOptions,
    args: [
      ...base.use?.launchOptions?.args ?? [],
      "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
    ],
  },
});

const text = (page) => page.getByLabel("Your message");
const record = (page) => page.getByRole("button", { name: "Record a voice message" });
const send = (page) => page.getByRole("button", { name: "Send", exact: true });
const list = (page) => page.getByRole("list", { name: "Files to send" });

/** Waits until a second is recorded. */
const recorded = (page) => expect(record(page)).toContainText("0:01");

/** Makes the microphone fail. @param {string} name  the name of the error */
const breakMicrophone = (page, name) => page.addInitScript((name) => {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", name));
}, name);

test("the page offers a microphone only over a secure connection", async ({ page, baton, lan }) => {
  await open(page, baton);
  await expect(page.getByRole("button", { name: "Attach files" })).toBeVisible();
  // Loopback counts as secure.
  await expect(record(page)).toBeVisible({ visible: !lan });
});

test.describe("with a microphone", () => {
  for (const width of [1280, 390]) {
    test(`a recording becomes the words of a message, ${width} wide`, async ({ page, baton }) => {
      await page.setViewportSize({ width, height: 800 });
      await open(page, baton);
      await expect(record(page)).toHaveAttribute("aria-pressed", "false");
      await page.screenshot({ path: `../../artifacts/voice-before-${width}.png`, animations: "disabled" });
      await record(page).click();
      await expect(record(page)).toHaveAttribute("aria-pressed", "true");
      await expect(page.locator("#sending")).toHaveText("Recording. Press the button again to stop, or press Send.");
      await recorded(page);
      for (const button of [record(page), send(page)]) {
        const { width: wide, height: high } = await button.boundingBox();
        expect(Math.min(wide, high), "large enough for a finger").toBeGreaterThanOrEqual(24);
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth), "nothing sticks out").toBe(width);
      await page.screenshot({ path: `../../artifacts/voice-recording-${width}.png`, animations: "disabled" });
      await record(page).click();
      await expect(record(page)).toHaveAttribute("aria-pressed", "false");
      await expect(list(page).locator("[data-state=sent]")).toContainText("voice-message.webm");
      await expect(page.locator("#announce")).toHaveText("voice-message.webm attached");
      await page.screenshot({ path: `../../artifacts/voice-recorded-${width}.png`, animations: "disabled" });
      await send(page).click();
      await expect(posts(page).locator(".text")).toHaveText(["Please buy some milk.", "Please buy some milk."]);
      await expect(posts(page).first().getByRole("link", { name: "voice-message.webm" })).toBeVisible();
      await expect(list(page)).toBeHidden();
      await page.screenshot({ path: `../../artifacts/voice-sent-${width}.png`, animations: "disabled" });
      await page.reload();
      await live(page);
      await expect(posts(page).first().locator(".text")).toHaveText("Please buy some milk.");
    });
  }

  test("a press on Send ends the recording and sends the message", async ({ page, baton }) => {
    await open(page, baton);
    await text(page).fill("This is urgent:");
    await record(page).click();
    await recorded(page);
    await send(page).click();
    await expect(posts(page)).toHaveCount(2);
    await expect(record(page)).toHaveAttribute("aria-pressed", "false");
    await expect(posts(page).first().locator(".text")).toContainText("This is urgent:");
    await expect(posts(page).first().locator(".text")).toContainText("Please buy some milk.");
    await expect(text(page)).toHaveValue("");
  });

  test("a person records by keyboard, and drops the recording", async ({ page, baton }) => {
    await open(page, baton);
    await page.getByRole("button", { name: "Attach files" }).focus();
    await page.keyboard.press("Tab");
    await expect(record(page)).toBeFocused();
    await page.keyboard.press("Space");
    await expect(page.locator("#announce")).toHaveText("Recording");
    await recorded(page);
    await page.keyboard.press("Space");
    await expect(record(page)).toBeFocused();
    await list(page).getByRole("button", { name: "Remove voice-message.webm" }).click();
    await expect(list(page)).toBeHidden();
    expect(await baton.comments()).toEqual([]);
  });

  for (const [name, words] of [
    ["NotAllowedError", "The browser blocks the microphone: allow this page to use the microphone."],
    ["NotFoundError", "This device has no microphone."],
    ["NotReadableError", "The microphone cannot be used: perhaps another program uses the microphone."],
  ]) {
    test(`the page tells why it cannot record: ${name}`, async ({ page, baton }) => {
      await breakMicrophone(page, name);
      await open(page, baton);
      await record(page).click();
      await expect(page.locator("#sending")).toHaveText(words);
      await expect(record(page)).toHaveAttribute("aria-pressed", "false");
    });
  }
});

test.describe("without a transcriber", () => {
  test.use({ config: "" });
  test("the page offers no recording", async ({ page, baton }) => {
    await open(page, baton);
    await expect(page.getByRole("button", { name: "Attach files" })).toBeVisible();
    await expect(record(page)).toHaveCount(0);
  });
});
