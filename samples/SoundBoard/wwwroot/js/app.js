// The page: loads the model's properties and connects composer, stage, player, codec and history.
import * as api from "./api.js";
import { CodecBench } from "./codec.js";
import { setUpTheme } from "./colours.js";
import { Composer } from "./composer.js";
import { History } from "./history.js";
import { Kinds } from "./kinds.js";
import { Player } from "./player.js";
import { Sound } from "./sound.js";
import { Stage } from "./stage.js";
import { writeWav } from "./wav.js";

const at = id => document.getElementById(id);
const parts = (...ids) => Object.fromEntries(ids.map(id => [id, at(id)]));

const player = new Player();
const stage = new Stage(parts("track", "wave", "spectrogram", "hertz", "axis", "playhead"), player);
const composer = new Composer(parts("form", "prompt", "ideas", "seconds", "guidance", "seed", "dice", "count", "make", "cancel"), { submit: make, stop: cancel });
const kinds = new Kinds({ prompt: at("prompt"), list: at("kinds"), warning: at("kinds-warning") });
const bench = new CodecBench({ drop: at("drop"), file: at("file"), rates: at("rates"), status: at("codec-status"), fault: at("codec-fault") }, { say, complain },
  (sound, { title, meta, play }) => {
    const keep = player.sound && bench.last === title;
    const goOn = play || (keep && player.playing);
    const position = keep ? player.position : 0;
    bench.last = title;
    show(sound, title, meta);
    player.load(sound, { at: position, play: goOn });
    history.mark(null);
  });
const history = new History({ list: at("history"), empty: at("history-empty"), clear: at("clear") }, {
  open: (entry, sound) => {
    bench.release();
    show(sound, entry.prompt, metaOf(entry));
    history.mark(entry.id);
    player.load(sound, { play: true });
  },
  reuse: entry => {
    composer.request = entry;
    kinds.check();
  },
});

let running = null;
let name = "sound";
let rate = 16000;

function show(sound, title, meta) {
  name = title;
  at("title").textContent = title;
  at("meta").textContent = meta;
  stage.show(sound);
  showTools(sound);
}

function showTools(sound) {
  for (const id of ["wav", "flac", "to-codec"]) at(id).disabled = !sound?.ended || sound.frames === 0;
  at("play").disabled = !sound;
  at("total").textContent = (sound?.duration ?? 0).toFixed(2);
}

const metaOf = ({ seconds, guidance, seed }) => `${seconds} s · guidance ${guidance} · seed ${seed}`;

async function make() {
  say("");
  complain("");
  let request;
  try {
    request = composer.request;
  } catch (error) {
    complain(error.message);
    return;
  }
  // In the click handler: some browsers allow audio only there.
  player.wake(rate);
  running?.abort();
  const mine = running = new AbortController();
  composer.busy = true;
  const begun = performance.now();
  const since = () => ((performance.now() - begun) / 1000).toFixed(1);
  const waiting = watchQueue(mine.signal);
  let sound = null;
  try {
    await api.generate(request, (format, seed) => {
      waiting.stop();
      sound = new Sound(format);
      request.seed = seed;
      const first = since();
      bench.release();
      history.mark(null);
      show(sound, request.prompt, metaOf(request));
      player.load(sound, { play: true });
      // On a phone the waveform is below the form: the messages stay visible above it.
      if (matchMedia("(max-width: 960px)").matches) document.querySelector(".messages").scrollIntoView({ behavior: "smooth", block: "start" });
      // Updated several times a second, so not announced to screen readers.
      at("status").ariaLive = "off";
      sound.addEventListener("grow", () => say(`Generating: ${sound.available.toFixed(1)} of ${sound.duration.toFixed(1)} s. First audio after ${first} s.`));
      return sound;
    }, mine.signal);
    at("status").ariaLive = "polite";
    const took = Number(since());
    say(`${sound.duration.toFixed(1)} s of audio, generated in ${took.toFixed(1)} s.`);
    showTools(sound);
    await history.add({ id: Date.now(), ...request, sampleRate: sound.sampleRate, channels: sound.channels, samples: sound.samples.slice() });
  } catch (error) {
    // The received part can still be played.
    sound?.end();
    at("status").ariaLive = "polite";
    if (sound) showTools(sound);
    if (error.status === 0) checkServer();
    if (error.name === "AbortError") say(sound ? `Canceled after ${sound.available.toFixed(1)} s of audio.` : "Canceled.");
    else {
      say("");
      complain(error.retryAfter ? `${error.message} Try again in ${error.retryAfter} s.` : error.message);
    }
  } finally {
    waiting.stop();
    if (running === mine) {
      running = null;
      composer.busy = false;
    }
  }
}

function cancel() {
  running?.abort();
}

// Shows the queue length until the first audio arrives.
function watchQueue(signal) {
  let stopped = false;
  say("Waiting for the model …");
  const timer = setInterval(async () => {
    try {
      const { queue, state } = await api.model(signal);
      if (!stopped) say(state !== "Ready" ? "Loading the model …" : queue > 0 ? `Waiting: ${queue} in the queue.` : "Generating …");
    } catch (error) {
      if (error.name === "AbortError" || stopped) return;
      say(error.message);
      checkServer();
    }
  }, 1000);
  return { stop: () => { stopped = true; clearInterval(timer); } };
}

function say(text) { at("status").textContent = text; }

function complain(text) {
  at("fault").textContent = text;
  at("fault").hidden = !text;
}

// Messages of earlier actions disappear with the next one, before it is handled. The progress of a running request stays.
function clearMessages() {
  complain("");
  bench.clearFault();
  if (!running && !bench.busy) say("");
}
addEventListener("click", event => { if (event.target.closest("button, a, summary, label, input, .track")) clearMessages(); }, { capture: true });
addEventListener("input", clearMessages, { capture: true });
addEventListener("drop", clearMessages, { capture: true });

function download(blob, extension) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${name.toLowerCase().replace(/\.[a-z0-9]{2,4}$/, "").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60) || "sound"}.${extension}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

at("wav").addEventListener("click", () => download(writeWav(player.sound), "wav"));
at("flac").addEventListener("click", async () => {
  complain("");
  try {
    download(await api.convert(writeWav(player.sound), "flac"), "flac");
  } catch (error) {
    complain(error.message);
  }
});
at("to-codec").addEventListener("click", () => {
  bench.open(writeWav(player.sound), name);
  at("codec-title").scrollIntoView({ behavior: "smooth", block: "nearest" });
});

at("play").addEventListener("click", () => player.toggle());
at("loop").addEventListener("click", event => {
  player.loop = !player.loop;
  event.currentTarget.setAttribute("aria-pressed", String(player.loop));
});
const showVolume = () => {
  player.volume = Number(at("volume").value);
  at("volume").style.setProperty("--fill", `${100 * at("volume").value}%`);
};
at("volume").addEventListener("input", showVolume);
showVolume();
player.addEventListener("change", () => {
  at("play").classList.toggle("playing", player.playing);
  at("play").setAttribute("aria-label", player.playing ? "Pause" : "Play");
});
setInterval(() => { at("now").textContent = player.position.toFixed(2); }, 50);

addEventListener("keydown", event => {
  if (event.key === "Escape") cancel();
  const busyElsewhere = event.target.closest("input, textarea, button, select, a");
  if (event.key === " " && !busyElsewhere && player.sound) {
    event.preventDefault();
    player.toggle();
  }
});

// The state of the server, checked regularly: the mark is red while it cannot be reached or its model cannot be used.
const CHECK_MS = 4000, CHECK_WHILE_DOWN_MS = 1000, CHECK_TIMEOUT_MS = 5000;
let known = null;
let nextCheck = 0;

async function checkServer() {
  clearTimeout(nextCheck);
  let up = false;
  try {
    const model = await api.model(AbortSignal.timeout(CHECK_TIMEOUT_MS));
    up = model.state === "Ready" && Boolean(model.sampleRate);
    if (up) {
      tellState("up", `${model.name} · ${model.sampleRate / 1000} kHz · ${model.channels === 1 ? "mono" : "stereo"} · ${model.device}`);
      meet(model);
    }
    else tellState("down", model.reason ?? `${model.name}: ${model.state.toLowerCase()} …`);
  } catch (error) {
    tellState("down", error.message);
  }
  clearTimeout(nextCheck);
  nextCheck = setTimeout(checkServer, up ? CHECK_MS : CHECK_WHILE_DOWN_MS);
}

function tellState(state, text) {
  const line = at("model");
  if (line.title === text) return;
  const mark = document.createElement("span");
  mark.className = state;
  mark.textContent = text;
  line.replaceChildren(mark);
  line.title = text;
}

// Sets up the page for a model. Settings of the user remain as long as the server's model is the same.
function meet(model) {
  const { queue, ...properties } = model;
  const fingerprint = JSON.stringify(properties);
  if (fingerprint === known) return;
  known = fingerprint;
  rate = model.sampleRate;
  composer.limits = model;
  kinds.names = model.kinds;
  bench.choices = model.rates;
  if (model.codec) {
    const { kind, model: source, sampleRate, channels, codebooks, cardinality } = model.codec;
    at("codec-title").textContent = at("to-codec").textContent = `Through ${kind}`;
    at("to-codec").title = `Encodes and decodes this audio with ${kind} of ${source}`;
    at("codec-format").textContent = `${source} · ${sampleRate / 1000} kHz · ${channels === 1 ? "mono" : "stereo"} · ${codebooks} codebooks of ${cardinality}`;
  }
  at("drop-note").textContent = `WAV, FLAC, Ogg, Opus, MP3 or AIFF, up to ${model.maxUploadSeconds} s and ${(model.maxUploadBytes / 1e6).toFixed(0)} MB`;
}

setUpTheme(at("theme"), () => {
  stage.recolour();
  history.recolour();
});
history.load();
checkServer();
