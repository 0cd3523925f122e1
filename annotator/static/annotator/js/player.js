/** Plays recordings, equally loud, and keeps count of how much of each was heard.
 *
 * A recording is decoded as a whole and played from memory: it starts at once, a stretch loops to
 * the sample, and where it is follows from the audio context's own clock, whether or not the page
 * is in view. Only one player of a page sounds at a time.
 */

import { media } from "./media.js";
import { audioContext, getVolume, startSound, takeStage } from "./sound_output.js";

const TARGET_LUFS = -23;
const HIGHEST_PEAK = 10 ** (-1 / 20);
const SHORTEST_SELECTION_S = 0.02;
export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];

/** Linear gain towards -23 LUFS, held back where the highest sample would exceed -1 dBFS. */
export function equalisingGain(loudnessLufs, peak) {
  const wanted = loudnessLufs === null ? 1 : 10 ** ((TARGET_LUFS - loudnessLufs) / 20);
  return peak > 0 ? Math.min(wanted, HIGHEST_PEAK / peak) : wanted;
}

/** Events: "state" (playing, loop, speed or selection changed), "time" (the position moved). */
export class Player extends EventTarget {
  #clip = null;
  #sound = null;
  #at = 0;
  #since = 0;
  #end = null;
  #played = null;
  #wish = 0;
  #isAwaited = false;
  #heard = new Map();
  #speed = 1;

  constructor() {
    super();
    this.isLooping = false;
    this.selection = null;
  }

  get clip() {
    return this.#clip;
  }

  get isPlaying() {
    return this.#end !== null;
  }

  /** Playing, or about to as soon as the sound is there. */
  get isWanted() {
    return this.isPlaying || this.#isAwaited;
  }

  get speed() {
    return this.#speed;
  }

  /** Where it is, in seconds of the recording. */
  get time() {
    if (!this.isPlaying) return this.#at;
    const { loop, speed } = this.#played;
    const at = this.#at + this.#passed() * speed;
    if (!loop || at < loop.end_s) return Math.min(at, this.#clip.duration_s);
    return loop.start_s + ((at - loop.start_s) % (loop.end_s - loop.start_s));
  }

  /** Where the ear is: behind `time` by what lies between here and the loudspeaker. */
  get heardTime() {
    const behind = this.isPlaying ? (audioContext().outputLatency || 0) * this.#played.speed : 0;
    return Math.max(0, this.time - behind);
  }

  /** How much of a clip was played, as a share of its length; above 1 when heard again. */
  heardFraction(clip) {
    const now = this.isPlaying && clip === this.#clip ? this.#passed() * this.#played.speed : 0;
    return ((this.#heard.get(clip) ?? 0) + now) / clip.duration_s;
  }

  /** How much louder than the recording itself it is played; null before it is loaded. */
  get gain_db() {
    if (!this.#sound) return null;
    return 20 * Math.log10(equalisingGain(this.#clip.loudness_lufs, this.#sound.peak) * getVolume() ** 2);
  }

  /** Make `clip` the one that plays; at once, if that is asked for while it is fetched. */
  async load(clip) {
    this.unload();
    this.#clip = clip;
    const wish = this.#wish;
    const speed = this.#speed;
    const sound = await media.sound(clip, speed);
    if (wish !== this.#wish) return;
    this.#sound = { ...sound, speed };
    if (speed !== this.#speed) await this.#changeSound();
    if (this.#isAwaited) this.play();
  }

  /** Forget the present clip. */
  unload() {
    this.pause();
    this.#wish += 1;
    this.#clip = null;
    this.#sound = null;
    this.#at = 0;
    this.#isAwaited = false;
    this.selection = null;
    this.#tell("time");
    this.#tell("state");
  }

  /** The player asked last is the one that sounds, whichever recording arrives first. */
  async play() {
    this.#isAwaited = true;
    takeStage(this);
    this.#tell("state");
    const context = audioContext();
    if (context.state !== "running") await context.resume();
    if (!this.#sound || !this.#isAwaited || this.isPlaying) return;
    this.#isAwaited = false;
    this.#start();
    this.#follow();
  }

  pause() {
    this.#isAwaited = false;
    this.#stop();
    this.#tell("state");
  }

  toggle() {
    return this.isWanted ? this.pause() : this.play();
  }

  restart() {
    this.seek(this.selection?.start_s ?? 0);
    return this.play();
  }

  seek(seconds) {
    if (!this.#clip) return;
    this.#moveTo(Math.min(Math.max(0, seconds), this.#clip.duration_s));
  }

  toggleLoop() {
    this.isLooping = !this.isLooping;
    this.#moveTo(this.time);
    this.#tell("state");
  }

  /** Mark `{start_s, end_s}`, to be looped; null, or next to nothing, forgets the mark. */
  select(selection) {
    const isLong = selection && selection.end_s - selection.start_s >= SHORTEST_SELECTION_S;
    this.selection = isLong ? selection : null;
    if (this.selection) this.isLooping = true;
    this.#moveTo(this.time);
    this.#tell("state");
  }

  changeSpeed(steps) {
    const last = SPEEDS.length - 1;
    const index = Math.min(last, Math.max(0, SPEEDS.indexOf(this.#speed) + steps));
    return this.setSpeed(SPEEDS[index]);
  }

  /** One of SPEEDS; a recording that sounds changes over once it is stretched. */
  async setSpeed(speed) {
    if (!SPEEDS.includes(speed)) return;
    this.#speed = speed;
    this.#tell("state");
    await this.#changeSound();
  }

  async #changeSound() {
    if (!this.#sound) return;
    const [wish, speed] = [this.#wish, this.#speed];
    const sound = await media.sound(this.#clip, speed);
    if (wish !== this.#wish || speed !== this.#speed) return;
    const wasPlaying = this.#stop();
    this.#sound = { ...sound, speed };
    if (wasPlaying) this.#start();
  }

  #moveTo(seconds) {
    const wasPlaying = this.#stop();
    this.#at = seconds;
    if (wasPlaying) this.#start();
    this.#tell("time");
  }

  /** Sound from where it is: round the loop, to the selection's end, or to the recording's. */
  #start() {
    const { buffer, peak, speed } = this.#sound;
    const last_s = Math.min(this.#clip.duration_s, buffer.duration * speed);
    const reach = this.selection ?? { start_s: 0, end_s: last_s };
    const isInside = this.#at >= reach.start_s && this.#at < reach.end_s - 0.001;
    if (!isInside) this.#at = reach.start_s;
    const loop = this.isLooping ? reach : null;
    this.#since = audioContext().currentTime;
    this.#played = { speed, loop };
    this.#end = startSound(buffer, {
      gain: equalisingGain(this.#clip.loudness_lufs, peak),
      offset_s: this.#at / speed,
      loop: loop && { start_s: loop.start_s / speed, end_s: loop.end_s / speed },
      length_s: (reach.end_s - this.#at) / speed,
      whenOver: () => this.#ranOut(reach.end_s),
    });
    this.#tell("state");
  }

  /** Fall silent; says whether it sounded. */
  #stop() {
    if (!this.isPlaying) return false;
    const at = this.time;
    this.#countHeard(this.#passed() * this.#played.speed);
    this.#end();
    this.#end = null;
    this.#at = at;
    return true;
  }

  #ranOut(end_s) {
    this.#countHeard(Math.max(0, end_s - this.#at));
    this.#end = null;
    this.#at = this.selection?.start_s ?? this.#clip.duration_s;
    this.#tell("time");
    this.#tell("state");
  }

  #passed() {
    return audioContext().currentTime - this.#since;
  }

  #countHeard(seconds) {
    this.#heard.set(this.#clip, (this.#heard.get(this.#clip) ?? 0) + seconds);
  }

  #follow() {
    const step = () => {
      this.#tell("time");
      if (this.isPlaying) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}
