// The kinds of audio that the model was trained on, and a warning for prompts that name none of them.
import * as api from "./api.js";

const DELAY_MS = 250;

export class Kinds {
  #names = [];
  #timer = 0;
  #running = null;

  constructor({ prompt, list, warning }) {
    Object.assign(this, { prompt, list, warning });
    prompt.addEventListener("input", () => this.check());
  }

  /** The names of the kinds; empty if the model was trained on arbitrary audio. */
  set names(names) {
    this.#names = names;
    this.list.hidden = names.length === 0;
    this.list.querySelector("summary").textContent = `The model was trained on ${names.length} kinds of audio`;
    this.list.querySelector("p").replaceChildren(...names.map(name => {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.textContent = name;
      chip.addEventListener("click", () => {
        this.prompt.value = name;
        this.prompt.dispatchEvent(new Event("input", { bubbles: true }));
        this.prompt.focus();
      });
      return chip;
    }));
    this.check();
  }

  /** Checks the prompt after a pause in typing. */
  check() {
    clearTimeout(this.#timer);
    this.#running?.abort();
    if (this.#names.length === 0 || !this.prompt.value.trim()) {
      this.#warn(false);
      return;
    }
    this.#timer = setTimeout(() => this.#ask(), DELAY_MS);
  }

  async #ask() {
    const running = this.#running = new AbortController();
    try {
      this.#warn(!(await api.kinds(this.prompt.value.trim(), running.signal)).known);
    } catch {
      // Without an answer there is no warning. An unreachable server is shown at the top of the page.
      if (this.#running === running) this.#warn(false);
    }
  }

  #warn(isUnknown) {
    this.warning.textContent = isUnknown ? `The prompt names none of the ${this.#names.length} kinds of audio that this model was trained on. The result will be one of these kinds.` : "";
    this.warning.hidden = !isUnknown;
  }
}
