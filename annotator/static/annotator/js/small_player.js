/** The small player: a button, a waveform, a time. Starts on every `[data-small-player]`, also on
 * those that htmx brings in later.
 *
 * Fires "harken:heard" (bubbling, detail `{clip: uuid, fraction}`) while it plays and when it stops;
 * the fraction is what was played as a share of the length, above 1 when heard again.
 */

import { media } from "./media.js";
import { drawWaveform } from "./pictures.js";
import { Player } from "./player.js";
import { shownNumber } from "./shown_numbers.js";

const TELL_EVERY_MS = 500;
const SEEK_S = 1;

class SmallPlayer {
  #element;
  #clip;
  #parts = {};
  #player = new Player();
  #outline = null;
  #toldAt = 0;
  #wasPlaying = false;

  constructor(element) {
    const { uuid, durationS, loudnessLufs, preview, peaks } = element.dataset;
    this.#element = element;
    this.#clip = {
      uuid,
      preview,
      peaks,
      duration_s: Number(durationS),
      loudness_lufs: loudnessLufs ? Number(loudnessLufs) : null,
    };
    for (const name of ["play", "strip", "wave", "head", "time"]) {
      this.#parts[name] = element.querySelector(`.small-player__${name}`);
    }
    this.#listen();
    this.#showTime();
  }

  #listen() {
    const { play, strip } = this.#parts;
    play.addEventListener("click", () => this.#toggle());
    for (const hint of ["pointerenter", "focus"]) {
      play.addEventListener(hint, () => media.prefetch([this.#clip]));
    }
    strip.addEventListener("click", (event) => this.#seekTo(event));
    strip.addEventListener("keydown", (event) => this.#seekByKey(event));
    this.#player.addEventListener("state", () => this.#showState());
    this.#player.addEventListener("time", () => this.#showTime());
    new IntersectionObserver(([seen], watch) => {
      if (!seen.isIntersecting) return;
      watch.disconnect();
      this.#drawWave();
    }).observe(this.#element);
    new ResizeObserver(() => this.#draw()).observe(this.#parts.wave);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
  }

  async #drawWave() {
    try {
      this.#outline = await media.outline(this.#clip);
    } catch {
      this.#element.dataset.state = "missing";
    }
    this.#draw();
  }

  #draw() {
    const colour = getComputedStyle(this.#element).getPropertyValue("--wave");
    if (this.#outline) drawWaveform(this.#parts.wave, this.#outline, colour);
  }

  async #toggle() {
    if (this.#player.isWanted) return this.#player.pause();
    if (this.#player.clip) return this.#player.play();
    const loaded = this.#player.load(this.#clip);
    this.#player.play();
    return loaded.catch(() => this.#sayMissing());
  }

  #sayMissing() {
    this.#player.unload();
    this.#parts.time.textContent = this.#element.dataset.textMissing;
  }

  #seekTo({ clientX }) {
    const { left, width } = this.#parts.strip.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (clientX - left) / width));
    if (!this.#player.clip) this.#toggle();
    this.#player.seek(share * this.#clip.duration_s);
  }

  #seekByKey(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!steps) return;
    event.preventDefault();
    this.#player.seek(this.#player.time + steps * SEEK_S);
  }

  #showState() {
    const { isWanted, isPlaying } = this.#player;
    this.#element.classList.toggle("is-playing", isWanted);
    const { labelPlay, labelPause } = this.#element.dataset;
    this.#parts.play.setAttribute("aria-label", isWanted ? labelPause : labelPlay);
    if (this.#wasPlaying && !isPlaying) this.#tellHeard();
    this.#wasPlaying = isPlaying;
  }

  #showTime() {
    if (!this.#element.isConnected) return this.#player.pause();
    const seconds = this.#player.heardTime;
    const share = Math.min(1, seconds / this.#clip.duration_s);
    this.#parts.head.style.left = `${100 * share}%`;
    const [shown, whole] = [shownNumber(seconds, 1), shownNumber(this.#clip.duration_s, 1)];
    this.#parts.time.textContent = `${shown} / ${whole} s`;
    this.#parts.strip.setAttribute("aria-valuenow", seconds.toFixed(1));
    const isTime = this.#player.isPlaying && performance.now() - this.#toldAt > TELL_EVERY_MS;
    return isTime ? this.#tellHeard() : undefined;
  }

  #tellHeard() {
    this.#toldAt = performance.now();
    const fraction = this.#player.heardFraction(this.#clip);
    const detail = { clip: this.#clip.uuid, fraction };
    this.#element.dispatchEvent(new CustomEvent("harken:heard", { bubbles: true, detail }));
  }
}

const started = new WeakSet();

/** Start the small players within `root` that have not been started. */
export function startSmallPlayers(root = document) {
  for (const element of root.querySelectorAll("[data-small-player]")) {
    if (!started.has(element)) new SmallPlayer(element);
    started.add(element);
  }
}

startSmallPlayers();
document.addEventListener("htmx:load", ({ target }) => startSmallPlayers(target.parentNode ?? target));
