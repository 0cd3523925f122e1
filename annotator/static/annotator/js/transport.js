/** The buttons that play a recording: play, from the start, loop, mark, speed, volume, time.
 *
 *     new Transport(element, { player, view: () => view, onVolume, onSpeed })
 *
 * `element` is `.transport` from partials/transport.html; `view` gives the ClipView that is played.
 */

import { shownNumber } from "./shown_numbers.js";
import { getVolume, setVolume } from "./sound_output.js";

const VOLUME_STEP = 0.1;

export class Transport {
  #element;
  #player;
  #parts = {};

  constructor(element, { player, view, onVolume = null }) {
    this.#element = element;
    this.#player = player;
    Object.assign(this, { view, onVolume });
    for (const part of ["label", "speed", "volume", "now", "heard"]) {
      this.#parts[part] = element.querySelector(`[data-part=${part}]`);
    }
    player.addEventListener("state", () => this.#showState());
    player.addEventListener("time", () => this.#showTime());
    this.#parts.volume.addEventListener("input", ({ target }) => {
      this.changeVolume(Number(target.value) / 100);
    });
    this.#showVolume();
    this.#showState();
  }

  /** What its buttons and keys do, by name; `event.shiftKey` seeks finer. */
  get deeds() {
    const player = this.#player;
    return {
      toggle: () => player.toggle(),
      restart: () => player.restart(),
      loop: () => player.toggleLoop(),
      back: (event) => this.view().seekBy(-1, event?.shiftKey),
      forward: (event) => this.view().seekBy(1, event?.shiftKey),
      mark_start: () => this.view().markEdge("start_s"),
      mark_end: () => this.view().markEdge("end_s"),
      forget: () => this.view().setSelection(null),
      slower: () => player.changeSpeed(-1),
      faster: () => player.changeSpeed(1),
      quieter: () => this.changeVolume(getVolume() - VOLUME_STEP),
      louder: () => this.changeVolume(getVolume() + VOLUME_STEP),
    };
  }

  changeVolume(value) {
    setVolume(value);
    this.#showVolume();
    this.onVolume?.(getVolume());
  }

  #showVolume() {
    this.#parts.volume.value = Math.round(100 * getVolume());
  }

  #showState() {
    const { isWanted, isLooping, selection, speed } = this.#player;
    this.#element.classList.toggle("is-playing", isWanted);
    const { textPlay, textPause } = this.#element.dataset;
    this.#parts.label.textContent = isWanted ? textPause : textPlay;
    this.#element.querySelector("[data-does=loop]").setAttribute("aria-pressed", String(isLooping));
    this.#element.querySelector("[data-does=forget]").hidden = !selection;
    this.#parts.speed.textContent = `${speed}×`;
  }

  #showTime() {
    const { clip } = this.#player;
    if (!clip) return;
    this.#parts.now.textContent = shownNumber(this.#player.heardTime, 1);
    const heard = Math.floor(100 * Math.min(1, this.#player.heardFraction(clip)));
    this.#parts.heard.textContent = heard;
  }
}
