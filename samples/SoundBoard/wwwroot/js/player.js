// Plays audio, also while it is generated: chunks are scheduled one after another on the clock of Web Audio.
// The audio context has the sample rate of the audio, so that chunks are not resampled separately, which would be audible.
const AHEAD_AT_START = 0.25;
const AHEAD_AFTER_DRY = 0.6;
const LEAD = 0.03;

export class Player extends EventTarget {
  #contexts = new Map();
  #pieces = [];
  #sound = null;
  #scheduled = 0;
  #clock = 0;
  #wanted = AHEAD_AT_START;
  #resting = 0;
  #volume = 0.8;
  #grown = () => this.#feed();

  playing = false;
  loop = false;

  get sound() { return this.#sound; }

  set volume(value) {
    this.#volume = value;
    for (const { gain } of this.#contexts.values()) gain.gain.value = value * value;
  }

  /** Loads audio at a position in seconds, and plays it if `play` is set. */
  load(sound, { at = 0, play = false } = {}) {
    this.pause();
    this.#sound?.removeEventListener("grow", this.#grown);
    this.#sound = sound;
    sound?.addEventListener("grow", this.#grown);
    this.#resting = sound ? Math.min(at, sound.duration) : 0;
    if (play && sound) this.play();
    this.#tell();
  }

  play() {
    if (!this.#sound || this.playing) return;
    if (this.#sound.ended && this.#resting >= this.#sound.duration - 0.01) this.#resting = 0;
    const { context } = this.#context();
    context.resume();
    this.playing = true;
    this.#scheduled = Math.round(this.#resting * this.#sound.sampleRate);
    this.#clock = 0;
    this.#wanted = AHEAD_AT_START;
    this.#feed();
    this.#tell();
  }

  pause() {
    if (!this.playing) return;
    this.#resting = this.position;
    this.playing = false;
    this.#silence();
    this.#tell();
  }

  toggle() { this.playing ? this.pause() : this.play(); }

  seek(seconds) {
    if (!this.#sound) return;
    const goOn = this.playing;
    this.pause();
    this.#resting = Math.max(0, Math.min(seconds, this.#sound.available));
    if (goOn) this.play();
    this.#tell();
  }

  /** The playback position in seconds. */
  get position() {
    if (!this.playing || !this.#sound) return this.#resting;
    const now = this.#context().context.currentTime;
    let position = this.#resting;
    for (const { when, from, seconds } of this.#pieces) {
      if (when <= now) position = from + Math.min(now - when, seconds);
    }
    return position;
  }

  // Schedules new chunks. After an underrun, waits until more is buffered.
  #feed() {
    if (!this.playing) return;
    const sound = this.#sound;
    const { context, gain } = this.#context();
    const dry = this.#clock <= context.currentTime;
    const fresh = sound.frames - this.#scheduled;
    if (fresh > 0 && (!dry || sound.ended || fresh / sound.sampleRate >= this.#wanted)) {
      const buffer = context.createBuffer(sound.channels, fresh, sound.sampleRate);
      for (let c = 0; c < sound.channels; c++) buffer.copyToChannel(sound.channel(c, this.#scheduled, sound.frames), c);
      const node = new AudioBufferSourceNode(context, { buffer });
      node.connect(gain);
      if (dry) this.#clock = context.currentTime + LEAD;
      const piece = { node, when: this.#clock, from: this.#scheduled / sound.sampleRate, seconds: buffer.duration };
      node.onended = () => this.#heard(piece);
      node.start(this.#clock);
      this.#pieces.push(piece);
      this.#clock += buffer.duration;
      this.#scheduled = sound.frames;
    } else if (sound.ended && fresh <= 0 && dry) {
      this.#finish();
    }
  }

  #heard(piece) {
    if (!this.playing || !this.#pieces.includes(piece) || piece !== this.#pieces.at(-1)) return;
    this.#resting = piece.from + piece.seconds;
    this.#wanted = AHEAD_AFTER_DRY;
    if (this.#sound.ended && this.#scheduled >= this.#sound.frames) this.#finish();
    else this.#feed();
  }

  #finish() {
    this.playing = false;
    this.#silence();
    this.#resting = this.loop ? 0 : this.#sound.duration;
    if (this.loop && this.#sound.duration > 0) this.play();
    this.#tell();
  }

  #silence() {
    for (const { node } of this.#pieces) {
      node.onended = null;
      node.stop();
      node.disconnect();
    }
    this.#pieces = [];
  }

  /** Prepares playback at a sample rate. */
  wake(rate) { this.#context(rate).context.resume(); }

  #context(rate = this.#sound.sampleRate) {
    if (!this.#contexts.has(rate)) {
      const context = new AudioContext({ sampleRate: Math.min(Math.max(rate, 8000), 96000), latencyHint: "interactive" });
      const gain = new GainNode(context, { gain: this.#volume * this.#volume });
      gain.connect(context.destination);
      this.#contexts.set(rate, { context, gain });
    }
    return this.#contexts.get(rate);
  }

  #tell() { this.dispatchEvent(new Event("change")); }
}
