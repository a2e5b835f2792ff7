// Encodes and decodes a file at each bitrate. Choosing a line plays and shows it.
import * as api from "./api.js";
import { Sound } from "./sound.js";
import { readWav } from "./wav.js";

export class CodecBench {
  /** The name of the file that is being played, or null. */
  last = null;

  #running = null;
  #rates = [];

  /** Messages appear here and, with the messages of the page, next to the prompt. */
  constructor({ drop, file, rates, status, fault }, { say, complain }, show) {
    Object.assign(this, { drop, file, rates, status, fault, say, complain, show });
    file.addEventListener("change", () => {
      if (file.files[0]) this.open(file.files[0]);
      file.value = "";
    });
    // On the whole page, so that a file dropped beside the field does not leave the page.
    addEventListener("dragover", event => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      drop.classList.add("over");
    });
    addEventListener("dragleave", event => { if (!event.relatedTarget) drop.classList.remove("over"); });
    addEventListener("drop", event => {
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      drop.classList.remove("over");
      this.open(event.dataTransfer.files[0]);
    });
  }

  /** The numbers of codebooks with their bitrates. */
  set choices(rates) { this.#rates = rates; }

  /** Whether a file is being encoded or decoded. */
  get busy() { return this.#running !== null; }

  clearFault() { this.#complain(""); }

  /** Other audio is being played: clears the selection. */
  release() {
    this.last = null;
    for (const input of this.rates.querySelectorAll("input:checked")) input.checked = false;
  }

  /** Encodes and decodes a file at each bitrate. */
  async open(file, name = printable(file.name)) {
    this.#running?.abort();
    const running = this.#running = new AbortController();
    this.#complain("");
    this.rates.hidden = true;
    this.rates.replaceChildren();
    try {
      this.#say(`Reading ${name} …`);
      const original = await api.convert(file, "wav", running.signal);
      const source = Sound.of(await readWav(original));
      const lines = [this.#line({ name, label: "Original", sound: source, bytes: original.size, kbps: 8 * original.size / 1000 / source.duration })];
      const pending = this.#rates.map(rate => [rate, this.#line({ name, label: codebooksText(rate.codebooks), kbps: rate.kbps, sound: null })]);
      lines.push(...pending.map(([, line]) => line));
      this.rates.replaceChildren(...lines);
      this.rates.hidden = false;
      lines[0].choose(false);
      for (const [rate, line] of pending) {
        this.#say(`${name}: ${codebooksText(rate.codebooks)} …`);
        const coded = await api.encode(original, rate.codebooks, running.signal);
        const heard = Sound.of(await readWav(await api.decode(coded, running.signal)));
        line.fill(heard, coded.size, coded.size / original.size, rate.kbps / this.#rates.at(-1).kbps);
      }
      this.#say(`${name}: ${source.duration.toFixed(1)} s at ${this.#rates.length} bitrates. Sizes are of the .ecdc files.`);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#say("");
      this.#complain(`${name}: ${error.message}`);
      this.complain(`${name}: ${error.message}`);
    } finally {
      if (this.#running === running) this.#running = null;
    }
  }

  #line({ name, label, sound, bytes, kbps }) {
    const line = document.createElement("label");
    line.className = "rate";
    line.innerHTML = `<input type="radio" name="rate"><span></span><span class="figure kbps"></span><span class="figure size"></span><span class="bar" aria-hidden="true"><i></i></span><span class="figure ratio"></span>`;
    const input = line.querySelector("input");
    line.children[1].textContent = label;
    line.querySelector(".kbps").textContent = `${kbps < 10 ? kbps.toFixed(2) : kbps.toFixed(0)} kb/s`;
    line.fill = (filled, size, share, length) => {
      sound = filled;
      line.classList.remove("pending");
      input.disabled = false;
      line.querySelector(".size").textContent = bytesText(size);
      line.querySelector(".ratio").textContent = share === 1 ? "" : `1 : ${(1 / share).toFixed(0)}`;
      line.querySelector("i").style.width = `${100 * length}%`;
    };
    line.choose = play => {
      input.checked = true;
      this.show(sound, { title: name, meta: `${label} · ${line.querySelector(".kbps").textContent} · ${line.querySelector(".size").textContent}`, play });
    };
    input.addEventListener("change", () => line.choose(true));
    if (sound) {
      line.fill(sound, bytes, 1, 0);
      line.querySelector(".bar").style.visibility = "hidden";
    }
    else {
      line.classList.add("pending");
      input.disabled = true;
      line.querySelector(".size").textContent = "…";
    }
    return line;
  }

  #say(text) {
    this.status.textContent = text;
    this.say(text);
  }

  #complain(text) {
    this.fault.textContent = text;
    this.fault.hidden = !text;
  }
}

// Names of files can contain control characters and changes of direction.
const printable = text => text.replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");

const codebooksText = count => count === 1 ? "1 codebook" : `${count} codebooks`;

const bytesText = bytes => bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
