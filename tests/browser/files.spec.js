// Files of messages and of answers.

import { deflateSync } from "node:zlib";
import { PEOPLE } from "./acting.js";
import { expect, live, open, posts, test } from "./baton.js";

// Painter sends every received file back, so a test covers both directions.
const PAINTER = `
[agents.painter]
kind = "command"
command = ["sh", "-c", '''
  echo "Here you are."
  sed -n "s/^.attached file .*: \\\\(.*\\\\).$/\\\\1/p" | while read -r file || [ "$file" ]; do cp "$file" "$BATON_OUTBOX/for-you-\${file##*-}"; done
''']

[personas.Painter]
agent = "painter"
color = "#8a5a2b"

[files]
size_mib = 1
at_once = 3
`;
test.use({ config: PAINTER });

/** A picture of a sunset. @param {number} width @param {number} height */
function picture(width, height) {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const at = y * (width * 3 + 1) + 1 + x * 3;
    const sun = Math.hypot(x - width * 0.62, y - height * 0.55) < height * 0.2;
    const land = y > height * (0.74 + 0.06 * Math.sin(x / width * 9));
    rows.set(land ? [40, 60, 70] : sun ? [255, 214, 130] : [235 - y * 110 / height, 140 - y * 40 / height, 110 + y * 60 / height], at);
  }
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const start = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([start, chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

function crc(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? sum >>> 1 ^ 0xedb88320 : sum >>> 1;
  }
  return ~sum >>> 0;
}

const SUNSET = { name: "sunset.png", mimeType: "image/png", buffer: picture(640, 400) };
const NOTES = { name: "notes from the meeting.txt", mimeType: "text/plain", buffer: Buffer.from("we met\n".repeat(300)) };
const text = (page) => page.getByLabel("Your message");
const list = (page) => page.getByRole("list", { name: "Files to send" });
const choose = (page, files) => page.locator("#attach-input").setInputFiles(files);
const toPainter = (page) => page.getByLabel("to", { exact: true }).selectOption("Painter");
const send = (page) => page.getByRole("button", { name: "Send", exact: true }).click();

/** Drops files onto the page, or pastes them into the text. */
const bring = (page, kind, names) => page.evaluate(([kind, names]) => {
  const data = new DataTransfer();
  for (const name of names) data.items.add(new File(["x".repeat(50)], name, { type: "image/png" }));
  const field = document.getElementById("text");
  if (kind === "paste") field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  else for (const type of ["dragover", "drop"]) field.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
}, [kind, names]);

for (const width of [1280, 390]) {
  test(`files go with a message and come with its answer, ${width} wide`, async ({ page, baton }) => {
    await page.setViewportSize({ width, height: 800 });
    await open(page, baton);
    await toPainter(page);
    await text(page).fill("What do you make of these?");
    await choose(page, [SUNSET, NOTES, { ...NOTES, name: "not this one.md" }]);
    await expect(list(page).getByRole("listitem")).toHaveCount(3);
    await expect(list(page)).toContainText("notes from the meeting.txt");
    await expect(list(page)).toContainText("2.1 KiB");
    await list(page).getByRole("button", { name: "Remove not this one.md" }).click();
    await expect(list(page).locator("[data-state=sent]")).toHaveCount(2);
    await page.screenshot({ path: `../../artifacts/files-attached-${width}.png`, animations: "disabled" });
    await send(page);

    await expect(posts(page)).toHaveCount(2);
    await expect(list(page)).toBeHidden();
    await expect(text(page)).toHaveValue("");
    for (const [post, name] of [[posts(page).first(), ""], [posts(page).last(), "for-you-"]]) {
      const shown = post.getByRole("img", { name: "Picture " });
      await expect(shown).toHaveAttribute("alt", `Picture ${name}sunset.png`);
      await expect.poll(() => shown.evaluate((image) => image.naturalWidth)).toBe(640);
      const { width: wide, height: high } = await shown.boundingBox();
      expect(high).toBeLessThanOrEqual(200);
      expect(wide).toBeLessThanOrEqual(width - 30);
      const file = post.getByRole("link", { name: `${name}notes_from_the_meeting.txt` });
      await expect(post.locator(".files")).toContainText("2.1 KiB");
      const fetched = await page.request.get(baton.url + await file.getAttribute("href"));
      expect(await fetched.text()).toBe(NOTES.buffer.toString());
      expect(fetched.headers()["content-disposition"]).toContain("attachment");
      expect(fetched.headers()["content-security-policy"]).toContain("sandbox");
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth), "nothing sticks out").toBe(width);
    await page.screenshot({ path: `../../artifacts/files-sent-${width}.png`, animations: "disabled" });

    // The server renders the files like the script.
    const markup = await page.locator("#posts .files").first().evaluate((files) => files.outerHTML.replace(/\s+/g, ""));
    await page.reload();
    await live(page);
    const again = await page.locator("#posts .files").first().evaluate((files) => files.outerHTML.replace(/\s+/g, ""));
    expect(again).toBe(markup);
  });
}

test("what cannot go says why, file by file, and the text stays", async ({ page, baton }) => {
  await page.setViewportSize({ width: 390, height: 800 });
  await open(page, baton);
  await toPainter(page);
  await text(page).fill("look at all of this");
  const large = { name: "a film of the whole afternoon at the sea.mp4", mimeType: "video/mp4", buffer: Buffer.alloc(1024 * 1024 + 1) };
  await choose(page, [large, SUNSET, NOTES, { ...NOTES, name: "four.txt" }, { ...NOTES, name: "five.txt" }]);
  await expect(list(page).getByRole("listitem")).toHaveCount(3);
  await expect(list(page).locator("[data-state=wrong]")).toContainText("larger than 1.0 MiB");
  await expect(page.locator("#sending")).toHaveText("One message takes at most 3 files: 2 left out.");
  await send(page);
  await expect(page.locator("#sending")).toContainText("Not sent: a file was not uploaded");
  await page.screenshot({ path: "../../artifacts/files-wrong-390.png", animations: "disabled" });
  await expect(text(page)).toHaveValue("look at all of this");
  expect(await baton.comments()).toEqual([]);

  await list(page).getByRole("button", { name: /^Remove a film/ }).click();
  await send(page);
  await expect(posts(page)).toHaveCount(2);
  await expect(posts(page).first().locator(".files li")).toHaveCount(2);
});

test("what the server refuses or never hears is tried again with the message", async ({ page, baton }) => {
  await open(page, baton);
  await toPainter(page);
  await text(page).fill("try this");
  await page.route("**/api/files?*", (route) => route.abort());
  await choose(page, [NOTES]);
  await expect(list(page).locator(".problem")).toContainText("there is no connection");
  await page.unroute("**/api/files?*");
  await page.route("**/api/files?*", (route) => route.fulfill({
    status: 507, contentType: "application/json", body: JSON.stringify({ message: "there is no room for it" }),
  }), { times: 1 });
  await send(page);
  await expect(list(page).locator(".problem")).toHaveText("there is no room for it");
  await expect(text(page)).toHaveValue("try this");
  await send(page);
  await expect(posts(page)).toHaveCount(2);
  await expect(posts(page).last().locator(".files")).toContainText("for-you-notes_from_the_meeting.txt");
});

test("whoever is asked in the end gets the files", async ({ page, baton }) => {
  await open(page, baton);
  await choose(page, [NOTES]);
  await expect(list(page).locator("[data-state=sent]")).toHaveCount(1);
  await toPainter(page);
  await text(page).fill("for you");
  await send(page);
  await expect(posts(page).last().locator(".files")).toContainText("for-you-notes");
});

test("files can be pasted and dropped, and wait over a reload", async ({ page, baton }) => {
  await open(page, baton);
  await toPainter(page);
  await bring(page, "paste", ["image.png"]);
  await bring(page, "drop", ["dropped.png"]);
  await expect(list(page).locator("[data-state=sent] .name")).toHaveText(["image.png", "dropped.png"]);
  await text(page).fill("from here and there");
  await page.reload();
  await live(page);
  await expect(list(page).locator("[data-state=sent] .name")).toHaveText(["image.png", "dropped.png"]);
  await toPainter(page);
  await send(page);
  await expect(posts(page)).toHaveCount(2);
  // These files are not pictures, despite their names.
  await expect(posts(page).first().locator(".files li.picture")).toHaveCount(0);
  await expect(posts(page).first().locator(".files")).toContainText("dropped.png");
});

test("all of it goes by keyboard, and is said to who listens", async ({ page, baton }) => {
  // Registered before the page loads, so that the browser leaves the file dialog to the test.
  const chooser = page.waitForEvent("filechooser");
  await open(page, baton);
  await text(page).focus();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Attach files" })).toBeFocused();
  await page.keyboard.press("Enter");
  await (await chooser).setFiles([NOTES, SUNSET]);
  await expect(page.locator("#announce")).toHaveText("2 files attached");
  await text(page).focus();
  await page.keyboard.press("Shift+Tab");
  await expect(list(page).getByRole("button", { name: "Remove sunset.png" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("#announce")).toHaveText("sunset.png removed");
  await expect(list(page).getByRole("button", { name: "Remove notes from the meeting.txt" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Attach files" })).toBeFocused();
});

test("what is typed before the script runs is not lost", async ({ page, baton }) => {
  await open(page, baton);
  await text(page).fill("begun before");
  let goOn = () => {};
  const held = new Promise((resolve) => { goOn = resolve; });
  await page.route("**/assets/main.js", async (route) => {
    await held;
    await route.continue();
  });
  await page.reload({ waitUntil: "commit" });
  await expect(page.getByRole("button", { name: "Send", exact: true })).toBeDisabled();
  await text(page).pressSequentially("early words");
  goOn();
  await live(page);
  await expect(text(page)).toHaveValue("begun before\nearly words");
  await page.reload();
  await live(page);
  await expect(text(page)).toHaveValue("begun before\nearly words");
});

test.describe("on a public page", () => {
  test.use({ config: `${PAINTER}${PEOPLE}\n[channels.web.rooms]\n` });
  test("who has not signed in is offered no files", async ({ page, baton }) => {
    await baton.kill();
    baton.config = baton.config.replace("[channels.web]", "[channels.web]\npublic = true");
    await baton.start();
    await open(page, baton);
    await expect(page.getByRole("button", { name: "Attach files" })).toHaveCount(0);
    await text(page).fill("only words");
    await send(page);
    await expect(posts(page)).toHaveCount(2);
  });
});
