// The page: loads the model's properties and connects composer, stage, player, codec and history.
import * as api from "./api.js";
import { CodecBench } from "./codec.js";
import { setUpTheme } from "./colours.js";
import { Composer } from "./composer.js";
import { History } from "./history.js";
import { Player } from "./player.js";
import { Sound } from "./sound.js";
import { Stage } from "./stage.js";
import { writeWav } from "./wav.js";

const at = id => document.getElementById(id);
const parts = (...ids) => Object.fromEntries(ids.map(id => [id, at(id)]));

const player = new Player();
const stage = new Stage(parts("track", "wave", "spectrogram", "hertz", "axis", "playhead"), player);
const composer = new Composer(parts("form", "prompt", "ideas", "seconds", "guidance", "seed", "dice", "count", "make", "cancel"), { submit: make, stop: cancel });
const bench = new CodecBench({ drop: at("drop"), file: at("file"), rates: at("rates"), status: at("codec-status"), fault: at("codec-fault") },
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
  reuse: entry => { composer.request = entry; },
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
      // On a phone the waveform is below the form.
      document.querySelector(".stage").scrollIntoView({ behavior: "smooth", block: "nearest" });
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
    if (error.name === "AbortError") say(sound ? `Cancelled after ${sound.available.toFixed(1)} s of audio.` : "Cancelled.");
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
      if (error.name !== "AbortError" && !stopped) say(error.message);
    }
  }, 1000);
  return { stop: () => { stopped = true; clearInterval(timer); } };
}

function say(text) { at("status").textContent = text; }

function complain(text) {
  at("fault").textContent = text;
  at("fault").hidden = !text;
}

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

async function meet() {
  const line = at("model");
  const tell = (state, text) => {
    const mark = document.createElement("span");
    mark.className = state;
    mark.textContent = text;
    line.replaceChildren(mark);
    line.title = text;
  };
  try {
    const model = await api.model();
    if (!model.sampleRate) {
      tell("down", model.reason ?? `${model.name}: ${model.state.toLowerCase()} …`);
      setTimeout(meet, 1000);
      return;
    }
    tell("up", `${model.name} · ${model.sampleRate / 1000} kHz · ${model.channels === 1 ? "mono" : "stereo"} · ${model.device}`);
    rate = model.sampleRate;
    composer.limits = model;
    bench.choices = model.rates;
    at("drop-note").textContent = `WAV, FLAC, Ogg, Opus, MP3 or AIFF, up to ${model.maxUploadSeconds} s and ${(model.maxUploadBytes / 1e6).toFixed(0)} MB`;
  } catch (error) {
    tell("down", error.message);
    setTimeout(meet, 3000);
  }
}

setUpTheme(at("theme"), () => {
  stage.recolour();
  history.recolour();
});
history.load();
meet();
