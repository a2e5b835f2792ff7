// Audio that may still be received: interleaved 16-bit samples and the final length.
export class Sound extends EventTarget {
  #samples;
  #frames = 0;

  constructor({ sampleRate, channels, frames }) {
    super();
    this.sampleRate = sampleRate;
    this.channels = channels;
    this.expected = frames;
    this.ended = false;
    this.#samples = new Int16Array(frames * channels);
  }

  static of({ sampleRate, channels, samples }) {
    const sound = new Sound({ sampleRate, channels, frames: samples.length / channels });
    sound.append(samples);
    sound.end();
    return sound;
  }

  /** The number of received frames. */
  get frames() { return this.#frames; }

  /** The final duration in seconds. */
  get duration() { return this.expected / this.sampleRate; }

  /** The received duration in seconds. */
  get available() { return this.#frames / this.sampleRate; }

  get samples() { return this.#samples.subarray(0, this.#frames * this.channels); }

  append(samples) {
    const room = this.#samples.length - this.#frames * this.channels;
    this.#samples.set(samples.length > room ? samples.subarray(0, room) : samples, this.#frames * this.channels);
    this.#frames += Math.min(samples.length, room) / this.channels;
    this.dispatchEvent(new Event("grow"));
  }

  /** Ends the audio with the received frames. */
  end() {
    this.ended = true;
    this.expected = this.#frames;
    this.dispatchEvent(new Event("grow"));
    this.dispatchEvent(new Event("end"));
  }

  /** Frames from..to of one channel in ±1. */
  channel(index, from, to) {
    const out = new Float32Array(to - from);
    for (let i = 0, at = from * this.channels + index; i < out.length; i++, at += this.channels) out[i] = this.#samples[at] / 32768;
    return out;
  }

  /** The mean of all channels at a frame, in ±1; silence outside. */
  mono(frame) {
    if (frame < 0 || frame >= this.#frames) return 0;
    let sum = 0;
    for (let c = 0, at = frame * this.channels; c < this.channels; c++) sum += this.#samples[at + c];
    return sum / (32768 * this.channels);
  }
}
