// Tests of the page in a browser.
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
const picture = async (page, name, fullPage = true) => {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`), fullPage });
};
/** Asserts that elements are completely visible without scrolling. */
const inView = async (page, ...selectors) => {
  assert.equal(await page.evaluate(() => scrollY), 0);
  for (const selector of selectors) {
    const box = await page.locator(selector).boundingBox();
    const { width, height } = page.viewportSize();
    assert.ok(box && box.height > 0 && box.y >= 0 && box.y + box.height <= height && box.x >= 0 && box.x + box.width <= width, `${selector}: ${JSON.stringify(box)}`);
  }
};
const history = page => page.locator("#history .entry");

test("audio plays and is drawn while it is generated", async () => {
  await page.locator("#seconds").fill("10");
  await page.locator("#ideas button", { hasText: "police siren" }).click();
  await page.locator("#make").click();
  await page.locator("#play.playing").waitFor();
  await page.waitForFunction(() => Number(document.getElementById("now").textContent) > 0.2);
  assert.match(await page.locator("#status").textContent(), /^Generating: \d/, "it plays while it is generated");
  assert.ok(await page.locator("#cancel").isVisible());
  await picture(page, "making");
  await made(page);
  assert.ok(await coloursOf(page, "#wave") > 1);
  assert.ok(await coloursOf(page, "#spectrogram") > 20);
  assert.equal(await page.locator("#title").textContent(), "a police siren, high and fast");
  assert.equal(await history(page).count(), 1);
  await page.locator("#play").click();
});

test("the chunks that are played equal the downloaded file", async () => {
  const listener = await board.visit();
  await listener.evaluate(() => {
    globalThis.played = [];
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (when) {
      played.push({ when, seconds: this.buffer.duration, samples: Array.from(this.buffer.getChannelData(0), sample => Math.round(sample * 32768)) });
      return start.call(this, when);
    };
  });
  await make(listener, "a heartbeat", { seconds: 4, seed: 2 });
  await listener.locator("#play:not(.playing)").waitFor();
  const { bytes } = await downloaded(listener, "#wav");
  const played = await listener.evaluate(() => globalThis.played);
  assert.ok(played.length > 2, "in several chunks");
  const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.length));
  assert.deepEqual(played.flatMap(piece => piece.samples), Array.from(samples));
  for (let i = 1; i < played.length; i++) {
    const gap = played[i].when - played[i - 1].when - played[i - 1].seconds;
    assert.ok(gap > -1e-9 && (gap < 1e-9 || gap > 0.02), `chunks join, or there is a pause if generation is slower than playback: ${gap}`);
  }
  await listener.context().close();
});

test("canceling keeps the audio that has been received", async () => {
  await write(page, "wind blowing", { seconds: 10 });
  await page.locator("#make").click();
  await page.locator("#status", { hasText: "Generating:" }).waitFor();
  await page.locator("#cancel").click();
  await page.locator("#status", { hasText: "Canceled after" }).waitFor();
  assert.ok(await page.locator("#make").isVisible());
  assert.ok(Number(await page.locator("#total").textContent()) < 10);
  assert.equal(await history(page).count(), 1, "incomplete audio is not stored in the history");
});

test("the same seed gives the same WAV file, and FLAC can be downloaded", async () => {
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

test("history entries can be played, reused and removed, and survive a reload", async () => {
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

test("a file can be played at each bitrate and switched during playback", async () => {
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
  assert.ok(Number(await page.locator("#now").textContent()) > 0.4, "playback continues at the same position");
  assert.match(await page.locator("#meta").textContent(), /^4 codebooks · 2.00 kb\/s/);
});

test("a file can be dropped anywhere, and an invalid one is reported", async () => {
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

test("the page can be used with the keyboard only", async () => {
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
  await alone.locator("#status", { hasText: "Generating:" }).waitFor();
  await alone.keyboard.press("Escape");
  await alone.locator("#status", { hasText: "Canceled" }).waitFor();
  await alone.context().close();
});

test("invalid requests and an unreachable server are reported", async () => {
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

test("incomplete audio is reported and can be played", async () => {
  const other = await board.visit();
  await other.route("**/v1/generate", async route => {
    const response = await route.fetch();
    const body = await response.body();
    await route.fulfill({ response, body: body.subarray(0, 44 + 16000 * 2), headers: { ...response.headers(), "content-length": String(44 + 16000 * 2) } });
  });
  await write(other, "rain", { seconds: 5 });
  await other.locator("#make").click();
  await other.locator("#fault", { hasText: "incomplete" }).waitFor();
  assert.equal(await other.locator("#total").textContent(), "1.00");
  assert.equal(await history(other).count(), 0);
  await other.context().close();
});

test("several visitors generate at the same time", async () => {
  const people = await Promise.all([1, 2, 3, 4].map(() => board.visit()));
  await Promise.all(people.map((person, i) => make(person, ["a cat", "a train horn", "glass breaking", "applause"][i], { seconds: 3 })));
  for (const person of people) assert.equal(await history(person).count(), 1, "each visitor has a separate history");
  await Promise.all(people.map(person => person.context().close()));
});

const small = { viewport: { width: 1280, height: 800 } };

test("at 1280 x 800 everything from the prompt to the playback controls is visible without scrolling", async () => {
  const visitor = await board.visit(small);
  await write(visitor, "rain on a roof", { seconds: 10, seed: 1 });
  await visitor.locator("#make").click();
  await visitor.locator("#status", { hasText: "Generating:" }).waitFor();
  await inView(visitor, "#prompt", "#status", "#cancel", "#wave", "#spectrogram", "#axis", "#play", "#to-codec", "#flac");
  await picture(visitor, "small-generating", false);
  await visitor.locator("#cancel").click();
  await visitor.locator("#status", { hasText: "Canceled after" }).waitFor();
  await inView(visitor, "#prompt", "#status", "#make");
  await make(visitor, "rain on a roof", { seconds: 3, seed: 1 });
  await inView(visitor, "#prompt", "#status", "#play");
  await picture(visitor, "small-done", false);
  await write(visitor, "");
  await visitor.locator("#make").click();
  await inView(visitor, "#prompt", "#fault");
  await picture(visitor, "small-fault", false);
  await visitor.evaluate(() => {
    const files = new DataTransfer();
    files.items.add(new File(["text"], "letter\u001b[31m\u202e.wav", { type: "audio/wav" }));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
  });
  await visitor.locator("#fault", { hasText: "letter\ufffd[31m\ufffd.wav: " }).waitFor();
  await inView(visitor, "#fault");
  await visitor.context().close();
});

test("messages disappear with the next action", async () => {
  const visitor = await board.visit(small);
  const gone = async act => {
    await write(visitor, "");
    await visitor.locator("#make").click();
    await visitor.locator("#fault", { hasText: "Enter a prompt" }).waitFor();
    await act();
    await visitor.locator("#fault").waitFor({ state: "hidden" });
  };
  await gone(() => visitor.locator("#prompt").pressSequentially("r"));
  await gone(() => visitor.locator("#guidance").fill("2"));
  await gone(() => visitor.locator("#ideas button").first().click());
  await gone(() => visitor.locator("#loop").click());
  await make(visitor, "an owl", { seconds: 1 });
  assert.ok(await visitor.locator("#fault").isHidden());
  await visitor.locator("#prompt").pressSequentially("!");
  assert.equal(await visitor.locator("#status").textContent(), "");
  await visitor.locator("#prompt-note").waitFor();
  await gone(() => visitor.locator("#history .open").first().click());
  await visitor.context().close();
});

test("the known kinds are listed, and a prompt that names none is reported", async () => {
  const visitor = await board.visit(small);
  assert.equal(await visitor.locator("#kinds summary").textContent(), "The model was trained on 30 kinds of audio");
  await visitor.locator("#kinds summary").click();
  assert.equal(await visitor.locator("#kinds button").count(), 30);
  await picture(visitor, "small-kinds", false);
  await visitor.locator("#prompt").fill("a jazz band playing");
  await visitor.locator("#kinds-warning", { hasText: "none of the 30 kinds" }).waitFor();
  await inView(visitor, "#prompt", "#kinds-warning");
  await picture(visitor, "small-warning", false);
  await visitor.locator("#kinds button", { hasText: "thunder" }).click();
  assert.equal(await visitor.locator("#prompt").inputValue(), "thunder");
  await visitor.locator("#kinds-warning").waitFor({ state: "hidden" });
  await visitor.locator("#prompt").fill("eine Jazzband");
  await visitor.locator("#kinds-warning").waitFor();
  await visitor.locator("#prompt").fill("");
  await visitor.locator("#kinds-warning").waitFor({ state: "hidden" });
  await visitor.context().close();
});

test("the codec is named", async () => {
  assert.equal(await page.locator("#to-codec").textContent(), "Through EnCodec");
  assert.equal(await page.locator("#codec-title").textContent(), "Through EnCodec");
  assert.equal(await page.locator("#codec-format").textContent(), "audiogen-tiny · 16 kHz · mono · 4 codebooks of 1024");
});

test("the status mark turns red when the server is gone, and green when it is back", async () => {
  const visitor = await board.visit(small);
  await visitor.locator("#seconds").fill("3");
  await board.stopServer("SIGKILL");
  await visitor.locator("#model .down", { hasText: "cannot be reached" }).waitFor();
  await inView(visitor, "#model .down");
  await picture(visitor, "small-server-gone", false);
  await write(visitor, "rain");
  await visitor.locator("#make").click();
  await visitor.locator("#fault", { hasText: "cannot be reached" }).waitFor();
  await inView(visitor, "#prompt", "#fault");
  await board.startServer();
  await visitor.locator("#model .up").waitFor();
  assert.equal(await visitor.locator("#seconds-value").textContent(), "3 s", "settings remain");
  await visitor.locator("#make").click();
  await made(visitor);
  assert.ok(await visitor.locator("#fault").isHidden());
  await visitor.context().close();
});

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
for (const [device, viewport, mobile] of [["desktop", { width: 1360, height: 1000 }, false], ["phone", { width: 390, height: 844 }, true]]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`the page fits and is accessible: ${device}, ${colorScheme}`, async () => {
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
      assert.ok(await visitor.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), "no horizontal scrolling");
      const { violations } = await visitor.evaluate(`${axe}; axe.run()`);
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(" ")}`), []);
      await visitor.context().close();
    });
  }
}

test("the page sends no requests to other servers and has no errors", () => {
  assert.deepEqual(board.strangers, []);
  assert.deepEqual(board.errors, []);
});
