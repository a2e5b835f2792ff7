// The server's endpoints. Errors become a Problem with the server's message.
import { WavReader } from "./wav.js";

export class Problem extends Error {
  constructor(title, detail, status, retryAfter) {
    super(detail || title);
    this.name = "Problem";
    this.title = title;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

const problemOf = async response => {
  const retryAfter = Number(response.headers.get("Retry-After")) || undefined;
  const isProblem = response.headers.get("Content-Type")?.startsWith("application/problem+json");
  const body = isProblem ? await response.json().catch(() => ({})) : {};
  const errors = body.errors ? Object.values(body.errors).flat().join(" ") : "";
  return new Problem(body.title ?? `The server returned ${response.status}.`, errors || body.detail, response.status, retryAfter);
};

const ask = async (path, options) => {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    throw error.name === "AbortError" ? error : new Problem("The server cannot be reached.", "The server cannot be reached. Is it running?", 0);
  }
  if (!response.ok) throw await problemOf(response);
  return response;
};

export const model = async signal => (await ask("v1/model", { signal })).json();

/** Which known kinds of audio a prompt mentions, and whether the model was trained on what it describes. */
export const kinds = async (prompt, signal) => (await ask(`v1/kinds?prompt=${encodeURIComponent(prompt)}`, { signal })).json();

const broken = () => new Problem("The audio is incomplete.", "The audio is incomplete: the connection to the server was lost.", 0);

/** Generates audio. `begin` returns the sound to which received samples are appended. Resolves when it is complete. */
export const generate = async ({ prompt, seconds, guidance, seed }, begin, signal) => {
  const response = await ask("v1/generate", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ prompt, seconds, guidance, ...(seed === null ? {} : { seed }) }),
    signal,
  });
  const wav = new WavReader();
  let sound;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read().catch(error => {
      throw error.name === "AbortError" ? error : broken();
    });
    if (done) break;
    const frames = wav.push(value);
    if (!wav.format) continue;
    sound ??= begin(wav.format, Number(response.headers.get("AudioCraft-Seed")));
    sound.append(frames);
  }
  if (!sound) throw new Problem("The server sent no audio.", "The server sent no audio.", 0);
  if (sound.frames < sound.expected) throw broken();
  sound.end();
  return sound;
};

const post = (path, body, type, signal) =>
  ask(path, { method: "POST", headers: { "Content-Type": type }, body, signal });

/** Converts an audio file to WAV or FLAC. */
export const convert = async (file, to, signal) => (await post(`v1/convert?to=${to}`, file, file.type?.startsWith("audio/") ? file.type : "application/octet-stream", signal)).blob();

/** Encodes an audio file as .ecdc. */
export const encode = async (wav, codebooks, signal) => (await post(`v1/encode?codebooks=${codebooks}`, wav, "audio/wav", signal)).blob();

/** Decodes an .ecdc file to WAV. */
export const decode = async (ecdc, signal) => (await post("v1/decode", ecdc, "application/octet-stream", signal)).blob();
