// The waveform and the spectrogram, drawn from left to right while audio is received, with the playback position.
import { spectrogramColours } from "./colours.js";
import { Spectrum } from "./spectrum.js";

const AXIS_STEPS = [0.25, 0.5, 1, 2, 5, 10, 20, 30, 60];
const HERTZ = [250, 500, 1000, 2000, 4000, 8000, 16000];

export class Stage {
  #sound = null;
  #spectrum = null;
  #colours = spectrogramColours();
  #columns = 0;
  #levels = null;
  #peaks = null;
  #drawnTo = -1;
  #grown = () => this.#grow();

  constructor({ track, wave, spectrogram, hertz, axis, playhead }, player) {
    Object.assign(this, { track, wave, spectrogram, hertz, axis, playhead, player });
    new ResizeObserver(() => this.#measure()).observe(track);
    this.#setUpSeeking();
    const tick = () => {
      this.#place();
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  show(sound) {
    this.#sound?.removeEventListener("grow", this.#grown);
    this.#sound = sound;
    sound?.addEventListener("grow", this.#grown);
    this.track.setAttribute("aria-disabled", String(!sound));
    this.#measure();
  }

  recolour() {
    this.#colours = spectrogramColours();
    this.#paintAll();
  }

  #measure() {
    const ratio = Math.min(devicePixelRatio || 1, 2);
    for (const canvas of [this.wave, this.spectrogram]) {
      canvas.width = Math.max(1, Math.round(canvas.clientWidth * ratio));
      canvas.height = Math.max(1, Math.round(canvas.clientHeight * ratio));
    }
    this.#columns = this.spectrogram.width;
    const rows = this.spectrogram.height;
    this.#spectrum = this.#sound && new Spectrum(this.#sound.sampleRate, rows);
    this.#levels = new Uint8ClampedArray(this.#columns * rows);
    this.#peaks = new Float32Array(this.#columns * 2);
    this.#drawnTo = -1;
    this.#label();
    this.#paintAll();
    this.#grow();
  }

  // Draws new columns. A column needs samples on both sides, except at the end.
  #grow() {
    const sound = this.#sound;
    if (!sound || sound.expected === 0) return;
    if (this.#total !== sound.duration) {
      // Incomplete: the received part gets the full width.
      this.#measure();
      return;
    }
    const perColumn = sound.expected / this.#columns;
    const until = sound.ended ? this.#columns - 1 : Math.min(this.#columns - 1, Math.floor((sound.frames - this.#spectrum.size / 2) / perColumn) - 1);
    if (until <= this.#drawnTo) return;
    const rows = this.#spectrum.rows;
    const first = this.#drawnTo + 1;
    for (let column = first; column <= until; column++) {
      this.#spectrum.column(sound, (column + 0.5) * perColumn, this.#levels.subarray(column * rows, (column + 1) * rows));
      let low = 0, high = 0;
      for (let frame = Math.floor(column * perColumn), end = Math.max(frame + 1, (column + 1) * perColumn); frame < end; frame++) {
        const sample = sound.mono(frame);
        if (sample < low) low = sample;
        if (sample > high) high = sample;
      }
      this.#peaks[2 * column] = low;
      this.#peaks[2 * column + 1] = high;
    }
    this.#drawnTo = until;
    this.#paint(first, until);
    this.#paintWave();
  }

  #paintAll() {
    const context = this.spectrogram.getContext("2d");
    context.clearRect(0, 0, this.spectrogram.width, this.spectrogram.height);
    this.#paint(0, this.#drawnTo);
    this.#paintWave();
  }

  #paint(first, last) {
    if (last < first) return;
    const rows = this.spectrogram.height;
    const width = last - first + 1;
    const image = new ImageData(width, rows);
    for (let x = 0; x < width; x++) {
      for (let row = 0; row < rows; row++) {
        const colour = 3 * this.#levels[(first + x) * rows + row];
        const at = 4 * ((rows - 1 - row) * width + x);
        image.data[at] = this.#colours[colour];
        image.data[at + 1] = this.#colours[colour + 1];
        image.data[at + 2] = this.#colours[colour + 2];
        image.data[at + 3] = 255;
      }
    }
    this.spectrogram.getContext("2d").putImageData(image, first, 0);
  }

  #paintWave() {
    const { width, height } = this.wave;
    const context = this.wave.getContext("2d");
    const middle = height / 2;
    context.clearRect(0, 0, width, height);
    context.fillStyle = getComputedStyle(this.wave).color;
    context.globalAlpha = 0.25;
    context.fillRect(0, Math.floor(middle), width, 1);
    context.globalAlpha = 1;
    // Scaled to the peak, with a limit for quiet audio.
    let loudest = 0.1;
    for (let i = 0; i <= 2 * this.#drawnTo + 1; i++) loudest = Math.max(loudest, Math.abs(this.#peaks[i]));
    const scale = middle * 0.92 / loudest;
    for (let column = 0; column <= this.#drawnTo; column++) {
      const top = middle - this.#peaks[2 * column + 1] * scale;
      const bottom = middle - this.#peaks[2 * column] * scale;
      context.fillRect(column, top, 1, Math.max(1, bottom - top));
    }
  }

  #total = 0;

  #label() {
    const sound = this.#sound;
    this.#total = sound?.duration ?? 0;
    this.axis.replaceChildren();
    this.hertz.replaceChildren();
    if (!sound || this.#total === 0) return;
    const wanted = this.#total / Math.max(3, this.track.clientWidth / 90);
    const step = AXIS_STEPS.find(candidate => candidate >= wanted) ?? 120;
    for (let second = 0; second <= this.#total + 1e-6; second += step) {
      const label = document.createElement("span");
      label.textContent = `${+second.toFixed(2)} s`;
      label.style.left = `${100 * second / this.#total}%`;
      label.classList.toggle("last", second > this.#total * 0.97);
      this.axis.append(label);
    }
    for (const hertz of HERTZ.filter(value => value < sound.sampleRate * 0.48)) {
      const label = document.createElement("span");
      label.textContent = hertz < 1000 ? `${hertz} Hz` : `${hertz / 1000} kHz`;
      label.style.bottom = `${100 * this.#spectrum.heightOf(hertz)}%`;
      this.hertz.append(label);
    }
  }

  #place() {
    const sound = this.#sound;
    const position = this.player.position;
    this.playhead.hidden = !sound || (position === 0 && !this.player.playing);
    if (!sound || this.#total === 0) return;
    this.playhead.style.transform = `translateX(${position / this.#total * this.track.clientWidth}px)`;
    if (this.track.getAttribute("aria-valuenow") !== position.toFixed(1)) {
      this.track.setAttribute("aria-valuemax", this.#total.toFixed(1));
      this.track.setAttribute("aria-valuenow", position.toFixed(1));
      this.track.setAttribute("aria-valuetext", `${position.toFixed(1)} of ${this.#total.toFixed(1)} seconds`);
    }
  }

  #setUpSeeking() {
    const seek = event => {
      const box = this.track.getBoundingClientRect();
      this.player.seek((event.clientX - box.left) / box.width * this.#total);
    };
    this.track.addEventListener("pointerdown", event => {
      if (!this.#sound || event.button !== 0) return;
      seek(event);
      this.track.setPointerCapture(event.pointerId);
    });
    this.track.addEventListener("pointermove", event => {
      if (this.#sound && this.track.hasPointerCapture(event.pointerId)) seek(event);
    });
    this.track.addEventListener("keydown", event => {
      const step = { ArrowLeft: -0.25, ArrowDown: -0.25, ArrowRight: 0.25, ArrowUp: 0.25, PageDown: -1, PageUp: 1, Home: -Infinity, End: Infinity }[event.key];
      if (step === undefined || !this.#sound) return;
      event.preventDefault();
      this.player.seek(this.player.position + step);
    });
  }
}
