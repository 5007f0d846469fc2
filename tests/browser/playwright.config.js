// Runs the page in a real browser with the real program. BATON_BIN is the path of the program; the default
// is in target/debug.

import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: ".",
  outputDir: "../../artifacts/browser",
  forbidOnly: Boolean(process.env.CI),
  fullyParallel: true,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  reporter: [["list"]],
  projects: [
    { name: "loopback" },
    // The same tests over plain HTTP on a network address. There the page is no secure context and has fewer
    // browser features.
    { name: "lan", use: { lan: true }, grepInvert: /how it looks|where nobody has an account|with a microphone/ },
  ],
  use: {
    browserName: "chromium",
    locale: "en-GB",
    timezoneId: "UTC",
    screenshot: "only-on-failure",
    viewport: { width: 1280, height: 900 },
    launchOptions: {
      // Debian's Chromium; Playwright downloads no browser.
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update",
      ],
    },
  },
});
