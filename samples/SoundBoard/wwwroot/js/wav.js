// Reads 16-bit WAV in chunks, as the server sends it, and writes it.
const HEADER_BYTES = 44;

/** Converts received bytes to complete frames. `format` is null until the header has been received. */
export class WavReader {
  #rest = new Uint8Array(0);

  format = null;

  push(bytes) {
    const all = joined(this.#rest, bytes);
    let offset = 0;
    if (!this.format) {
      const header = headerOf(all);
      if (!header) {
        this.#rest = all;
        return new Int16Array(0);
      }
      this.format = header.format;
      offset = header.bytes;
    }
    const frameBytes = 2 * this.format.channels;
    const whole = offset + Math.floor((all.length - offset) / frameBytes) * frameBytes;
    this.#rest = all.slice(whole);
    return samplesOf(all.slice(offset, whole));
  }
}

/** Reads a complete file. */
export const readWav = async blob => {
  const reader = new WavReader();
  const samples = reader.push(new Uint8Array(await blob.arrayBuffer()));
  if (!reader.format) throw new Error("The server's response is not a WAV file.");
  return { ...reader.format, samples };
};

export const writeWav = ({ sampleRate, channels, samples }) => {
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  const text = (at, word) => [...word].forEach((letter, i) => header.setUint8(at + i, letter.charCodeAt(0)));
  const bytes = samples.length * 2;
  text(0, "RIFF");
  header.setUint32(4, 36 + bytes, true);
  text(8, "WAVEfmt ");
  header.setUint32(16, 16, true);
  header.setUint16(20, 1, true);
  header.setUint16(22, channels, true);
  header.setUint32(24, sampleRate, true);
  header.setUint32(28, sampleRate * channels * 2, true);
  header.setUint16(32, channels * 2, true);
  header.setUint16(34, 16, true);
  text(36, "data");
  header.setUint32(40, bytes, true);
  const body = new DataView(new ArrayBuffer(bytes));
  samples.forEach((sample, i) => body.setInt16(2 * i, sample, true));
  return new Blob([header.buffer, body.buffer], { type: "audio/wav" });
};

const joined = (a, b) => {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
};

const samplesOf = bytes => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Int16Array.from({ length: bytes.length / 2 }, (_, i) => view.getInt16(2 * i, true));
};

// Null while there are too few bytes. Other chunks before the samples are skipped.
const headerOf = bytes => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = at => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12) return null;
  if (word(0) !== "RIFF" || word(8) !== "WAVE") throw new Error("The server's response is not a WAV file.");
  let format = null;
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = view.getUint32(at + 4, true);
    if (word(at) === "data") {
      if (!format) throw new Error("The server's WAV file has no format.");
      return { format: { ...format, frames: Math.floor(size / (2 * format.channels)) }, bytes: at + 8 };
    }
    if (word(at) === "fmt ") {
      if (at + 24 > bytes.length) return null;
      if (view.getUint16(at + 22, true) !== 16) throw new Error("The server's WAV file does not have 16 bits.");
      format = { channels: view.getUint16(at + 10, true), sampleRate: view.getUint32(at + 12, true) };
    }
    at += 8 + size + (size & 1);
  }
  return null;
};
