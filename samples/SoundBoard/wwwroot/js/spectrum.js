// Columns of a spectrogram: magnitudes of a windowed FFT on the mel scale, in decibels mapped to 0…255.
const FLOOR_DB = -92;
const CEILING_DB = -18;

const mel = hertz => 2595 * Math.log10(1 + hertz / 700);
const hertzOf = value => 700 * (10 ** (value / 2595) - 1);

export class Spectrum {
  #window;
  #sine;
  #cosine;
  #bins;
  #re;
  #im;

  /** Computes `rows` levels from low to high frequencies. */
  constructor(sampleRate, rows) {
    // About 40 ms: separates both footsteps and the partials of a voice.
    this.size = 2 ** Math.round(Math.log2(0.04 * sampleRate));
    this.sampleRate = sampleRate;
    this.rows = rows;
    const n = this.size;
    this.#window = Float32Array.from({ length: n }, (_, i) => 0.5 - 0.5 * Math.cos(2 * Math.PI * i / n));
    this.#sine = Float32Array.from({ length: n / 2 }, (_, i) => Math.sin(-2 * Math.PI * i / n));
    this.#cosine = Float32Array.from({ length: n / 2 }, (_, i) => Math.cos(2 * Math.PI * i / n));
    this.#re = new Float32Array(n);
    this.#im = new Float32Array(n);
    const top = mel(sampleRate / 2);
    this.#bins = Float32Array.from({ length: rows }, (_, row) => Math.min(hertzOf((row + 0.5) / rows * top) / sampleRate * n, n / 2 - 1));
  }

  /** The height of a frequency, 0 (bottom) to 1 (top). */
  heightOf(hertz) { return mel(hertz) / mel(this.sampleRate / 2); }

  /** Computes the levels around a frame. */
  column(sound, centre, levels) {
    const n = this.size;
    const start = Math.round(centre) - n / 2;
    for (let i = 0; i < n; i++) {
      this.#re[i] = sound.mono(start + i) * this.#window[i];
      this.#im[i] = 0;
    }
    this.#transform();
    for (let row = 0; row < this.rows; row++) {
      const bin = this.#bins[row];
      const low = Math.floor(bin);
      const share = bin - low;
      const level = this.#decibels(low) * (1 - share) + this.#decibels(low + 1) * share;
      levels[row] = Math.max(0, Math.min(255, (level - FLOOR_DB) / (CEILING_DB - FLOOR_DB) * 255));
    }
  }

  // 0 dB is a full-scale sine.
  #decibels(bin) {
    const power = (this.#re[bin] ** 2 + this.#im[bin] ** 2) * (16 / this.size ** 2);
    return 10 * Math.log10(power + 1e-12);
  }

  // Radix 2, in place.
  #transform() {
    const n = this.size, re = this.#re, im = this.#im;
    for (let i = 1, j = 0; i < n; i++) {
      let bit = n >> 1;
      for (; j & bit; bit >>= 1) j ^= bit;
      j ^= bit;
      if (i < j) {
        [re[i], re[j]] = [re[j], re[i]];
        [im[i], im[j]] = [im[j], im[i]];
      }
    }
    for (let length = 2; length <= n; length <<= 1) {
      const half = length >> 1, step = n / length;
      for (let from = 0; from < n; from += length) {
        for (let k = 0; k < half; k++) {
          const c = this.#cosine[k * step], s = this.#sine[k * step];
          const a = from + k, b = a + half;
          const x = re[b] * c - im[b] * s, y = re[b] * s + im[b] * c;
          re[b] = re[a] - x;
          im[b] = im[a] - y;
          re[a] += x;
          im[a] += y;
        }
      }
    }
  }
}
