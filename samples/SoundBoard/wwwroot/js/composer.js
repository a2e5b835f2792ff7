// The form: prompt, length, guidance, seed.
const LARGEST_SEED = 2 ** 31 - 1;

export class Composer {
  constructor({ form, prompt, ideas, seconds, guidance, seed, dice, count, make, cancel }, { submit, stop }) {
    Object.assign(this, { prompt, ideas, seconds, guidance, seed, count, makeButton: make, cancelButton: cancel, most: 300 });
    for (const range of [seconds, guidance]) range.addEventListener("input", () => this.#showDials());
    prompt.addEventListener("input", () => this.#fit());
    prompt.addEventListener("keydown", event => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    seed.addEventListener("input", () => seed.removeAttribute("aria-invalid"));
    dice.addEventListener("click", () => { seed.value = Math.floor(Math.random() * LARGEST_SEED); });
    cancel.addEventListener("click", stop);
    form.addEventListener("submit", event => {
      event.preventDefault();
      submit();
    });
    this.#showDials();
    this.#fit();
  }

  /** The limits of the server, and its example prompts. */
  set limits({ maxPromptLength, maxSeconds, maxGuidance, seconds, guidance, ideas }) {
    this.most = maxPromptLength;
    this.prompt.maxLength = maxPromptLength;
    this.seconds.max = maxSeconds;
    this.guidance.max = maxGuidance;
    this.seconds.value = seconds;
    this.guidance.value = guidance;
    this.ideas.replaceChildren(...ideas.map(idea => {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.textContent = idea;
      chip.addEventListener("click", () => {
        this.prompt.value = idea;
        this.prompt.dispatchEvent(new Event("input", { bubbles: true }));
        this.prompt.focus();
      });
      return chip;
    }));
    this.#showDials();
    this.#fit();
  }

  /** The request. Throws a RangeError if a field is invalid. */
  get request() {
    const prompt = this.prompt.value.trim().replace(/\s+/g, " ");
    const seed = this.seed.value.trim();
    if (seed && !/^\d{1,15}$/.test(seed)) {
      this.seed.setAttribute("aria-invalid", "true");
      this.seed.focus();
      throw new RangeError("The seed must be an integer from 0, with at most 15 digits. Leave it empty for a random seed.");
    }
    if (!prompt) {
      this.prompt.focus();
      throw new RangeError("Enter a prompt first.");
    }
    return { prompt, seconds: Number(this.seconds.value), guidance: Number(this.guidance.value), seed: seed ? Number(seed) : null };
  }

  set request({ prompt, seconds, guidance, seed }) {
    this.prompt.value = prompt;
    this.seconds.value = seconds;
    this.guidance.value = guidance;
    this.seed.value = seed;
    this.#showDials();
    this.#fit();
    this.prompt.focus();
  }

  set busy(busy) {
    const had = document.activeElement === this.makeButton || document.activeElement === this.cancelButton;
    this.makeButton.hidden = busy;
    this.cancelButton.hidden = !busy;
    if (had) (busy ? this.cancelButton : this.makeButton).focus();
  }

  #showDials() {
    for (const [range, unit] of [[this.seconds, " s"], [this.guidance, ""]]) {
      range.style.setProperty("--fill", `${100 * (range.value - range.min) / (range.max - range.min)}%`);
      range.previousElementSibling.textContent = `${Number(range.value)}${unit}`;
    }
  }

  #fit() {
    this.prompt.style.height = "auto";
    this.prompt.style.height = `${this.prompt.scrollHeight}px`;
    const left = this.most - this.prompt.value.length;
    this.count.textContent = left < 60 ? `${left} characters left` : "";
  }
}
