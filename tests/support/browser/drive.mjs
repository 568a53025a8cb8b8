// Drives the demo's web client in a headless Chromium: logs in, opens a room by its name (an
// invitation is accepted), says something, waits for what is expected and takes a picture. With
// --direct it goes on from that room to a direct chat with the member of that name; the client
// encrypts those that it begins.
//
// usage: node drive.mjs --url URL --user USER --password PASSWORD --room NAME [--direct NAME]
//          [--say TEXT] [--expect TEXT] [--shot FILE.png] [--chromium PATH] [--seconds N]
// Exits 1, with the page's text on stderr, if a step does not come about in time, or if the page
// asks anything of another machine than this one.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values: wanted } = parseArgs({
  options: {
    url: { type: "string" },
    user: { type: "string" },
    password: { type: "string" },
    room: { type: "string" },
    direct: { type: "string" },
    say: { type: "string" },
    expect: { type: "string" },
    shot: { type: "string" },
    chromium: { type: "string", default: "/usr/bin/chromium" },
    seconds: { type: "string", default: "30" },
  },
});
for (const name of ["url", "user", "password", "room"]) {
  if (!wanted[name]) {
    console.error(`--${name} is missing`);
    process.exit(2);
  }
}

const profile = mkdtempSync(join(tmpdir(), "kring-browser-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: wanted.chromium,
  headless: true,
  viewport: { width: 1200, height: 800 },
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
const page = browser.pages()[0] ?? (await browser.newPage());
page.setDefaultTimeout(Number(wanted.seconds) * 1000);
page.on("pageerror", (error) => console.error(`page error: ${error.message}`));
const elsewhere = new Set();
page.on("request", (request) => {
  const { hostname, protocol } = new URL(request.url());
  if (protocol.startsWith("http") && !["127.0.0.1", "localhost"].includes(hostname)) {
    elsewhere.add(hostname);
  }
});

try {
  await page.goto(wanted.url);
  await page.fill("#username", wanted.user);
  await page.fill("#password", wanted.password);
  await page.click("button[type=submit]");
  console.log("logged in");

  await page.locator(".RoomList li", { hasText: wanted.room }).first().click();
  const composer = page.locator(".MessageComposer textarea").first();
  const accept = page.getByRole("button", { name: "Accept" }).first();
  const enter = async (there) => {
    await there.or(accept).first().waitFor();
    if (await accept.isVisible()) {
      await accept.click();
    }
    await composer.waitFor();
  };
  await enter(composer);
  console.log("room opened");

  if (wanted.direct) {
    const person = page.locator(".MemberTileView", { hasText: wanted.direct }).first();
    await page.getByRole("button", { name: "Room options" }).click();
    await page.getByText("Room details").click();
    await page.locator("button.RoomDetailsView_row", { hasText: "People" }).click();
    await person.getByRole("link").click();
    await page.getByRole("button", { name: "Open direct message" }).click();
    // Where the homeserver is quick, the client goes on showing a room that was still being made.
    const made = page.locator(".RoomList li a:not([href*='local-'])");
    await made.filter({ has: page.getByText(wanted.direct, { exact: true }) }).first().click();
    // Who is not there yet when something is said may get its key late, or never.
    const here = [`${wanted.direct} joined the room`, `invited to the room by ${wanted.direct}`];
    const timelines = here.map((text) => page.locator(".Timeline", { hasText: text }));
    await enter(timelines[0].or(timelines[1]).first());
    console.log("direct chat opened");
  }
  if (wanted.say) {
    await composer.fill(wanted.say);
    await composer.press("Enter");
    await page.locator(".Timeline", { hasText: wanted.say }).waitFor();
    console.log("said");
  }
  if (wanted.expect) {
    await page.locator(".Timeline", { hasText: wanted.expect }).waitFor();
    console.log("seen");
  }
  if (elsewhere.size) {
    throw new Error(`the page asked ${[...elsewhere].join(", ")}`);
  }
} catch (error) {
  console.error(error.message);
  console.error(await page.locator("body").innerText());
  process.exitCode = 1;
}
if (wanted.shot) {
  await page.screenshot({ path: wanted.shot });
}
await browser.close();
rmSync(profile, { recursive: true, force: true });
