// The history: play, reuse and remove generated audio.
import { Sound } from "./sound.js";
import * as store from "./store.js";

const MOST = 40;

export class History {
  #entries = [];
  #current = null;

  constructor({ list, empty, clear }, { open, reuse }) {
    Object.assign(this, { list, empty, clearButton: clear, open, reuse });
    clear.addEventListener("click", async () => {
      this.#entries = [];
      this.#render();
      await store.clear();
    });
  }

  async load() {
    this.#entries = await store.all();
    this.#render();
  }

  async add(entry) {
    this.#entries = [entry, ...this.#entries].slice(0, MOST);
    this.#current = entry.id;
    this.#render();
    await store.put(entry);
  }

  mark(id) {
    this.#current = id;
    for (const item of this.list.children) item.classList.toggle("current", item.dataset.id === String(id));
  }

  recolour() { this.#render(); }

  #render() {
    this.list.replaceChildren(...this.#entries.map(entry => this.#item(entry)));
    this.empty.hidden = this.#entries.length > 0;
    this.clearButton.hidden = this.#entries.length === 0;
    for (const item of this.list.children) drawThumbnail(item.querySelector("canvas"), this.#entries.find(entry => String(entry.id) === item.dataset.id));
  }

  #item(entry) {
    const item = element("li", "entry");
    item.dataset.id = entry.id;
    item.classList.toggle("current", entry.id === this.#current);

    const open = element("button", "open");
    open.type = "button";
    open.setAttribute("aria-label", `Play ${entry.prompt}`);
    open.append(element("span", "words", entry.prompt), element("canvas"));
    open.addEventListener("click", () => this.open(entry, Sound.of(entry)));

    const tools = element("span", "tools");
    tools.append(
      tool("Again", `Reuse prompt, length, guidance and seed of ${entry.prompt}`, () => this.reuse(entry)),
      tool("Remove", `Remove ${entry.prompt}`, async () => {
        this.#entries = this.#entries.filter(other => other !== entry);
        this.#render();
        (this.list.querySelector("button") ?? this.empty).focus();
        await store.remove(entry.id);
      }));
    item.append(open, element("span", "meta", `${entry.seconds} s · seed ${entry.seed}`), tools);
    return item;
  }
}

const element = (name, className = "", text = "") => {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
};

const tool = (text, label, act) => {
  const button = element("button", "", text);
  button.type = "button";
  button.setAttribute("aria-label", label);
  button.addEventListener("click", act);
  return button;
};

const drawThumbnail = (canvas, { samples, channels }) => {
  const ratio = Math.min(devicePixelRatio || 1, 2);
  canvas.width = Math.max(1, canvas.clientWidth * ratio);
  canvas.height = Math.max(1, canvas.clientHeight * ratio);
  const context = canvas.getContext("2d");
  context.fillStyle = getComputedStyle(canvas).color;
  const bars = Math.floor(canvas.width / (3 * ratio));
  const perBar = samples.length / bars;
  const peaks = Array.from({ length: bars }, (_, bar) => {
    let peak = 0;
    for (let at = Math.floor(bar * perBar), end = (bar + 1) * perBar; at < end; at += channels) peak = Math.max(peak, Math.abs(samples[at]));
    return peak;
  });
  const loudest = Math.max(3000, ...peaks);
  peaks.forEach((peak, bar) => {
    const height = Math.max(ratio, peak / loudest * canvas.height);
    context.fillRect(bar * 3 * ratio, (canvas.height - height) / 2, 2 * ratio, height);
  });
};
