// Starts the server on a free port, and a browser.
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
  /** Requests to other servers, and errors of the page: both must stay empty. */
  strangers = [];
  errors = [];

  static async start() {
    const board = new Board();
    board.url = `http://127.0.0.1:${await freePort()}`;
    await board.startServer();
    board.folder = mkdtempSync(join(tmpdir(), "soundboard-"));
    board.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
    });
    return board;
  }

  async startServer() {
    this.server = spawn("dotnet", [program, "--urls", this.url, "--SoundBoard:GenerationsPerMinute=1000", "--SoundBoard:ConversionsPerMinute=10000"], { stdio: ["ignore", "pipe", "pipe"] });
    this.log = "";
    for (const stream of [this.server.stdout, this.server.stderr]) stream.on("data", text => { this.log += text; });
    await this.#ready();
  }

  async stopServer(signal = "SIGTERM") {
    this.server.kill(signal);
    await new Promise(resolve => this.server.exitCode === null && this.server.signalCode === null ? this.server.once("exit", resolve) : resolve());
  }

  /** Opens the page with an empty history. */
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
    await this.stopServer();
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

/** Fills in the form. */
export const write = async (page, prompt, { seconds, seed } = {}) => {
  await page.locator("#prompt").fill(prompt);
  if (seconds) await page.locator("#seconds").fill(String(seconds));
  await page.locator("#seed").fill(seed === undefined ? "" : String(seed));
};

export const made = page => page.locator("#status", { hasText: "of audio, generated in" }).waitFor();

export const make = async (page, prompt, options) => {
  await write(page, prompt, options);
  await page.locator("#make").click();
  await made(page);
};

/** The number of different colours in a canvas: 1 if nothing is drawn. */
export const coloursOf = (page, id) => page.locator(id).evaluate(canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
});
