// Promises of the page, kept by clicking.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Board, coloursOf, made, make, write } from "./board.js";

let board, page;
before(async () => {
  board = await Board.start();
  page = await board.visit();
});
after(() => board?.stop());

const downloaded = async (page, button) => {
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator(button).click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
};
const picture = async (page, name) => {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`), fullPage: true });
};
const history = page => page.locator("#history .entry");

test("an idea and a click make a sound that is heard and seen before it is whole", async () => {
  await page.locator("#seconds").fill("10");
  await page.locator("#ideas button", { hasText: "police siren" }).click();
  await page.locator("#make").click();
  await page.locator("#play.playing").waitFor();
  await page.waitForFunction(() => Number(document.getElementById("now").textContent) > 0.2);
  assert.match(await page.locator("#status").textContent(), /^Generating: \d/, "it plays while it is made");
  assert.ok(await page.locator("#cancel").isVisible());
  await picture(page, "making");
  await made(page);
  assert.ok(await coloursOf(page, "#wave") > 1);
  assert.ok(await coloursOf(page, "#spectrogram") > 20);
  assert.equal(await page.locator("#title").textContent(), "a police siren, high and fast");
  assert.equal(await history(page).count(), 1);
  await page.locator("#play").click();
});

test("what is played, piece by piece, is the file to the last sample", async () => {
  const listener = await board.visit();
  await listener.evaluate(() => {
    globalThis.played = [];
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (when) {
      played.push({ when, seconds: this.buffer.duration, samples: Array.from(this.buffer.getChannelData(0), sample => Math.round(sample * 32768)) });
      return start.call(this, when);
    };
  });
  await make(listener, "a heart beating", { seconds: 4, seed: 2 });
  await listener.locator("#play:not(.playing)").waitFor();
  const { bytes } = await downloaded(listener, "#wav");
  const played = await listener.evaluate(() => globalThis.played);
  assert.ok(played.length > 2, "in several pieces");
  const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.length));
  assert.deepEqual(played.flatMap(piece => piece.samples), Array.from(samples));
  for (let i = 1; i < played.length; i++) {
    const gap = played[i].when - played[i - 1].when - played[i - 1].seconds;
    assert.ok(gap > -1e-9 && (gap < 1e-9 || gap > 0.02), `pieces join, or silence is between them where it was not made fast enough: ${gap}`);
  }
  await listener.context().close();
});

test("cancel ends the making and leaves what there is", async () => {
  await write(page, "wind blowing", { seconds: 10 });
  await page.locator("#make").click();
  await page.locator("#status", { hasText: "Making:" }).waitFor();
  await page.locator("#cancel").click();
  await page.locator("#status", { hasText: "Cancelled after" }).waitFor();
  assert.ok(await page.locator("#make").isVisible());
  assert.ok(Number(await page.locator("#total").textContent()) < 10);
  assert.equal(await history(page).count(), 1, "only whole sounds enter the history");
});

test("the same seed downloads as the same WAV, which FLAC keeps", async () => {
  const files = [];
  for (let i = 0; i < 2; i++) {
    await make(page, "a clock ticking", { seconds: 2, seed: 7 });
    files.push(await downloaded(page, "#wav"));
  }
  assert.equal(files[0].name, "a-clock-ticking.wav");
  assert.equal(files[0].bytes.length, 44 + 2 * 2 * 16000);
  assert.deepEqual(files[0].bytes, files[1].bytes);
  const flac = await downloaded(page, "#flac");
  assert.equal(flac.name, "a-clock-ticking.flac");
  assert.equal(flac.bytes.subarray(0, 4).toString(), "fLaC");
});

test("the history plays again, takes over settings, forgets, and outlives a reload", async () => {
  const count = await history(page).count();
  await page.reload();
  await page.locator("#model .up").waitFor();
  assert.equal(await history(page).count(), count);
  await history(page).last().locator(".open").click();
  await page.locator("#play.playing").waitFor();
  assert.equal(await page.locator("#title").textContent(), "a police siren, high and fast");
  await history(page).first().getByText("Again").click();
  assert.equal(await page.locator("#prompt").inputValue(), "a clock ticking");
  assert.equal(await page.locator("#seed").inputValue(), "7");
  assert.equal(await page.locator("#seconds-value").textContent(), "2 s");
  await history(page).first().getByText("Remove").click();
  assert.equal(await history(page).count(), count - 1);
  await page.reload();
  await history(page).first().waitFor();
  assert.equal(await history(page).count(), count - 1);
});

test("a file is heard at each bitrate, switched while it plays", async () => {
  await make(page, "rain on a roof", { seconds: 3, seed: 1 });
  const { bytes } = await downloaded(page, "#flac");
  await page.locator("#file").setInputFiles({ name: "rain.flac", mimeType: "audio/flac", buffer: bytes });
  await page.locator("#codec-status", { hasText: "3.0 s at 4 bitrates" }).waitFor();
  const lines = page.locator("#rates .rate");
  assert.equal(await lines.count(), 5);
  assert.deepEqual(await page.locator(".rate .kbps").allTextContents(), ["256 kb/s", "0.50 kb/s", "1.00 kb/s", "1.50 kb/s", "2.00 kb/s"]);
  const sizes = (await page.locator(".rate .size").allTextContents()).map(text => parseFloat(text) * (text.endsWith("kB") ? 1000 : 1));
  assert.ok(sizes[0] > 90_000 && sizes[1] < sizes[2] && sizes[2] < sizes[3] && sizes[3] < sizes[4] && sizes[4] < 1500, String(sizes));
  await lines.nth(1).click();
  await page.locator("#play.playing").waitFor();
  await page.waitForFunction(() => Number(document.getElementById("now").textContent) > 0.5);
  await lines.nth(4).click();
  assert.ok(await page.locator("#play.playing").isVisible());
  assert.ok(Number(await page.locator("#now").textContent()) > 0.4, "it goes on where it was");
  assert.match(await page.locator("#meta").textContent(), /^4 codebooks · 2.00 kb\/s/);
});

test("a file can be dropped anywhere, and what is no sound is told so", async () => {
  await page.evaluate(() => {
    const files = new DataTransfer();
    files.items.add(new File(["no sound at all, but text"], "letter.wav", { type: "audio/wav" }));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
  });
  await page.locator("#codec-fault").waitFor();
  assert.match(await page.locator("#codec-fault").textContent(), /.{20,}/);
  await page.locator("#to-codec").click();
  await page.locator("#codec-status", { hasText: "at 4 bitrates" }).waitFor();
  assert.ok(await page.locator("#codec-fault").isHidden());
});

test("everything can be done with the keyboard", async () => {
  const alone = await board.visit();
  for (let i = 0; i < 3; i++) await alone.keyboard.press("Tab");
  assert.equal(await alone.evaluate(() => document.activeElement.id), "prompt");
  await alone.keyboard.type("an owl hooting");
  await alone.keyboard.press("Enter");
  await made(alone);
  await alone.locator("#track").focus();
  await alone.keyboard.press("Home");
  await alone.keyboard.press("Space");
  const playing = await alone.locator("#play.playing").isVisible();
  await alone.keyboard.press("Space");
  assert.notEqual(await alone.locator("#play.playing").isVisible(), playing);
  if (await alone.locator("#play.playing").isVisible()) await alone.keyboard.press("Space");
  await alone.keyboard.press("Home");
  for (let i = 0; i < 4; i++) await alone.keyboard.press("ArrowRight");
  await alone.waitForFunction(() => document.getElementById("now").textContent === "1.00");
  assert.equal(await alone.locator("#track").getAttribute("aria-valuetext"), "1.0 of 5.0 seconds");
  await write(alone, "wind", { seconds: 10 });
  await alone.keyboard.press("Enter");
  await alone.locator("#prompt").focus();
  await alone.keyboard.press("Enter");
  await alone.locator("#status", { hasText: "Making:" }).waitFor();
  await alone.keyboard.press("Escape");
  await alone.locator("#status", { hasText: "Cancelled" }).waitFor();
  await alone.context().close();
});

test("what cannot be asked for is told in words, and so is a server that is gone", async () => {
  await write(page, "", {});
  await page.locator("#make").click();
  assert.match(await page.locator("#fault").textContent(), /Enter a prompt/);
  await write(page, "rain", { seed: "-4" });
  await page.locator("#make").click();
  assert.match(await page.locator("#fault").textContent(), /integer/);
  assert.equal(await page.locator("#seed").getAttribute("aria-invalid"), "true");
  await page.route("**/v1/generate", route => route.abort());
  await write(page, "rain", {});
  await page.locator("#make").click();
  await page.locator("#fault", { hasText: "cannot be reached" }).waitFor();
  await page.unroute("**/v1/generate");
  await page.route("**/v1/generate", route => route.continue({ postData: JSON.stringify({ prompt: "rain", seconds: 99 }) }));
  await page.locator("#make").click();
  await page.locator("#fault", { hasText: "0.5 to 10" }).waitFor();
  await page.unroute("**/v1/generate");
});

test("a sound that breaks off is told so, and what there is can be heard", async () => {
  const other = await board.visit();
  await other.route("**/v1/generate", async route => {
    const response = await route.fetch();
    const body = await response.body();
    await route.fulfill({ response, body: body.subarray(0, 44 + 16000 * 2), headers: { ...response.headers(), "content-length": String(44 + 16000 * 2) } });
  });
  await write(other, "rain", { seconds: 5 });
  await other.locator("#make").click();
  await other.locator("#fault", { hasText: "broke off" }).waitFor();
  assert.equal(await other.locator("#total").textContent(), "1.00");
  assert.equal(await history(other).count(), 0);
  await other.context().close();
});

test("several people make sounds at the same time", async () => {
  const people = await Promise.all([1, 2, 3, 4].map(() => board.visit()));
  await Promise.all(people.map((person, i) => make(person, ["a cat", "a train horn", "glass breaking", "applause"][i], { seconds: 3 })));
  for (const person of people) assert.equal(await history(person).count(), 1, "everybody has a history of their own");
  await Promise.all(people.map(person => person.context().close()));
});

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
for (const [device, viewport, mobile] of [["desktop", { width: 1360, height: 1000 }, false], ["phone", { width: 390, height: 844 }, true]]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`it fits and is accessible: ${device}, ${colorScheme}`, async () => {
      const visitor = await board.visit({ viewport, colorScheme, hasTouch: mobile, isMobile: mobile, deviceScaleFactor: mobile ? 2 : 1 });
      await picture(visitor, `${device}-${colorScheme}-empty`);
      await make(visitor, "waves on a beach", { seconds: 5, seed: 3 });
      await make(visitor, "footsteps on a floor, slow", { seconds: 5, seed: 4 });
      await visitor.locator("#to-codec").click();
      await visitor.locator("#codec-status", { hasText: "at 4 bitrates" }).waitFor();
      await make(visitor, "a police siren, high and fast", { seconds: 5, seed: 12 });
      await visitor.locator("#track").click({ position: { x: viewport.width * 0.3, y: 150 } });
      await visitor.evaluate(() => scrollTo(0, 0));
      await visitor.waitForTimeout(300);
      await picture(visitor, `${device}-${colorScheme}`);
      assert.ok(await visitor.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), "nothing sticks out at the side");
      const { violations } = await visitor.evaluate(`${axe}; axe.run()`);
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(" ")}`), []);
      await visitor.context().close();
    });
  }
}

test("the page asked nobody else for anything, and had no errors", () => {
  assert.deepEqual(board.strangers, []);
  assert.deepEqual(board.errors, []);
});
