// The server, started on a free port, and a browser that looks at it.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { chromium } from "playwright-core";

const program = fileURLToPath(new URL("../bin/Release/net10.0/SoundBoard.dll", import.meta.url));
const START_MS = 120_000;

const freePort = () => new Promise(resolve => {
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});

export class Board {
  /** Every request that left this machine's address, and every error that the page wrote: both must stay empty. */
  strangers = [];
  errors = [];

  static async start() {
    const board = new Board();
    board.url = `http://127.0.0.1:${await freePort()}`;
    board.server = spawn("dotnet", [program, "--urls", board.url, "--SoundBoard:GenerationsPerMinute=1000", "--SoundBoard:ConversionsPerMinute=10000"], { stdio: ["ignore", "pipe", "pipe"] });
    board.log = "";
    for (const stream of [board.server.stdout, board.server.stderr]) stream.on("data", text => { board.log += text; });
    await board.#ready();
    board.folder = mkdtempSync(join(tmpdir(), "soundboard-"));
    board.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
    });
    return board;
  }

  /** A visitor of their own, with a history of their own. */
  async visit(options = {}) {
    const context = await this.browser.newContext({ acceptDownloads: true, viewport: { width: 1360, height: 1000 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on("pageerror", error => this.errors.push(String(error)));
    page.on("console", message => { if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) this.errors.push(message.text()); });
    page.on("request", request => { if (!request.url().startsWith(this.url) && !request.url().startsWith("blob:")) this.strangers.push(request.url()); });
    await page.goto(this.url);
    await page.locator("#model .up").waitFor();
    return page;
  }

  async stop() {
    await this.browser?.close();
    this.server.kill("SIGTERM");
    await new Promise(resolve => this.server.exitCode === null ? this.server.once("exit", resolve) : resolve());
    if (this.folder) rmSync(this.folder, { recursive: true });
  }

  async #ready() {
    for (const end = Date.now() + START_MS; Date.now() < end; await new Promise(resolve => setTimeout(resolve, 250))) {
      if (this.server.exitCode !== null) break;
      const model = await fetch(`${this.url}/v1/model`).then(answer => answer.json()).catch(() => null);
      if (model?.state === "Ready" && model.rates.length > 0) return;
    }
    this.server.kill("SIGKILL");
    throw new Error(`The server did not start:\n${this.log}`);
  }
}

/** What a person would do. */
export const write = async (page, prompt, { seconds, seed } = {}) => {
  await page.locator("#prompt").fill(prompt);
  if (seconds) await page.locator("#seconds").fill(String(seconds));
  await page.locator("#seed").fill(seed === undefined ? "" : String(seed));
};

export const made = page => page.locator("#status", { hasText: "of sound, made in" }).waitFor();

export const make = async (page, prompt, options) => {
  await write(page, prompt, options);
  await page.locator("#make").click();
  await made(page);
};

/** How many different colours a canvas shows: 1 where nothing is drawn. */
export const coloursOf = (page, id) => page.locator(id).evaluate(canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
});
