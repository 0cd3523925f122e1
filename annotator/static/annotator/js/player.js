/** Plays one recording at a time, equally loud, and keeps count of how much was heard. */

const TARGET_LUFS = -23;
const HIGHEST_PEAK = 0.98;
export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];

/** Linear gain towards -23 LUFS, held back where the highest sample would clip. */
export function equalisingGain(loudnessLufs, peak) {
  const wanted = loudnessLufs === null ? 1 : 10 ** ((TARGET_LUFS - loudnessLufs) / 20);
  return peak > 0 ? Math.min(wanted, HIGHEST_PEAK / peak) : wanted;
}

/** Events: "state" (playing, loop, speed or selection changed), "time" (the position moved). */
export class Player extends EventTarget {
  #audio = new Audio();
  #gain = null;
  #context = null;
  #gainValue = 1;
  #lastTime = 0;
  #heard = new Map();
  #clip = null;
  #isAwaited = false;
  #speedIndex = SPEEDS.indexOf(1);

  constructor() {
    super();
    this.isLooping = false;
    this.selection = null;
    this.#audio.preload = "auto";
    for (const name of ["play", "pause", "ended"]) {
      this.#audio.addEventListener(name, () => this.#tell("state"));
    }
    this.#audio.addEventListener("play", () => this.#follow());
    this.#audio.addEventListener("timeupdate", () => this.#moved());
  }

  get isPlaying() {
    return !this.#audio.paused && !this.#audio.ended;
  }

  get time() {
    return this.#audio.currentTime;
  }

  get speed() {
    return SPEEDS[this.#speedIndex];
  }

  /** How much of a clip was played, as a share of its length; above 1 when heard again. */
  heardFraction(clip) {
    return (this.#heard.get(clip) ?? 0) / clip.duration_s;
  }

  /** Make `clip` the one that plays; at once, if that was asked for while it was fetched. */
  load(clip, address, gain) {
    this.#audio.pause();
    this.#clip = clip;
    this.#gainValue = gain;
    this.selection = null;
    this.#audio.src = address;
    this.#lastTime = 0;
    this.#apply();
    this.#tell("time");
    if (this.#isAwaited) this.play();
    this.#isAwaited = false;
  }

  /** Forget the present clip, for instance while another one's sound is fetched. */
  unload() {
    this.#audio.pause();
    this.#clip = null;
    this.#isAwaited = false;
    this.selection = null;
    this.#audio.removeAttribute("src");
    this.#apply();
  }

  async play() {
    this.#isAwaited = !this.#clip;
    if (!this.#clip) return;
    this.#connect();
    if (this.selection && !this.#isInside(this.time)) this.seek(this.selection.start);
    try {
      await this.#context.resume();
      await this.#audio.play();
    } catch (error) {
      if (error.name !== "AbortError" && error.name !== "NotAllowedError") throw error;
    }
  }

  toggle() {
    return this.isPlaying ? this.#audio.pause() : this.play();
  }

  pause() {
    this.#audio.pause();
  }

  restart() {
    this.seek(this.selection?.start ?? 0);
    return this.play();
  }

  seek(seconds) {
    if (!this.#clip) return;
    this.#audio.currentTime = Math.min(Math.max(0, seconds), this.#clip.duration_s);
    this.#lastTime = this.#audio.currentTime;
    this.#tell("time");
  }

  toggleLoop() {
    this.isLooping = !this.isLooping;
    this.#apply();
  }

  /** Mark `{start, end}` in seconds, to be looped; null forgets the mark. */
  select(selection) {
    this.selection = selection;
    if (selection) this.isLooping = true;
    this.#apply();
  }

  changeSpeed(steps) {
    const last = SPEEDS.length - 1;
    this.#speedIndex = Math.min(last, Math.max(0, this.#speedIndex + steps));
    this.#apply();
  }

  #apply() {
    this.#audio.defaultPlaybackRate = this.speed;
    this.#audio.playbackRate = this.speed;
    this.#audio.loop = this.isLooping && !this.selection;
    if (this.#gain) this.#gain.gain.value = this.#gainValue;
    this.#tell("state");
  }

  #connect() {
    if (this.#context) return;
    this.#context = new AudioContext();
    this.#gain = this.#context.createGain();
    this.#gain.gain.value = this.#gainValue;
    this.#context.createMediaElementSource(this.#audio).connect(this.#gain);
    this.#gain.connect(this.#context.destination);
  }

  #follow() {
    this.#lastTime = this.time;
    const step = () => {
      this.#moved();
      if (this.isPlaying) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  #moved() {
    this.#countHeard();
    if (this.selection && this.isPlaying && this.time >= this.selection.end) {
      if (!this.isLooping) this.#audio.pause();
      this.seek(this.selection.start);
    }
    this.#tell("time");
  }

  #countHeard() {
    const passed = this.time - this.#lastTime;
    this.#lastTime = this.time;
    const mostInOneStep = 1.5 * this.speed;
    if (!this.#clip || passed <= 0 || passed > mostInOneStep) return;
    this.#heard.set(this.#clip, (this.#heard.get(this.#clip) ?? 0) + passed);
  }

  #isInside(time) {
    return time >= this.selection.start && time < this.selection.end;
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}
