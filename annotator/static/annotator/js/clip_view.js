/** A recording seen large: waveform over spectrogram, axes in s and kHz, play head, selection.
 *
 *     import { ClipView } from "./clip_view.js";
 *     const view = new ClipView(element, clip, { onSelection: ({ start_s, end_s }) => … });
 *     await view.load();            // draws it and makes its sound ready; then view.player.play()
 *
 * `element` is `.clip-view` from partials/clip_view.html; `clip` is
 * `{duration_s, loudness_lufs, preview, peaks, …}` as the validation page sends it. Options:
 * `onSelection` (dragging or setSelection: `{start_s, end_s}` or null), `player` (to share one among
 * views), `isLow` (begin as a low strip, which draws no axes; then `onChoose` is told of a click),
 * `signal` (an AbortSignal: let go of the player and the element).
 */

import { media } from "./media.js";
import { drawFrequencyAxis, drawTimeAxis, drawWaveform } from "./pictures.js";
import { Player } from "./player.js";
import { shownNumber } from "./shown_numbers.js";

const LEAST_DRAG_PX = 6;
const EDGE_PX = 12;
const SEEK_S = 1;
const FINE_SEEK_S = 0.1;

export class ClipView {
  #parts = {};
  #outline = null;
  #drag = null;
  #isLow;

  constructor(element, clip, options = {}) {
    const { onSelection = null, onChoose = null, player = new Player(), isLow = false } = options;
    Object.assign(this, { element, clip, player, onSelection, onChoose });
    for (const name of ["wave", "khz", "grid", "reach", "marks", "selection", "head", "seconds"]) {
      this.#parts[name] = element.querySelector(`.clip-view__${name}`);
    }
    this.#isLow = isLow;
    this.#listen(options.signal);
    this.#showHeight();
  }

  /** The layer that marks in time are shown on; `setMarks` fills it. */
  get marks() {
    return this.#parts.marks;
  }

  /** The stretch marked, `{start_s, end_s}`, or null. */
  get selection() {
    return this.#isLive ? this.player.selection : null;
  }

  get isLow() {
    return this.#isLow;
  }

  get #isLive() {
    return this.player.clip === this.clip;
  }

  /** Tall with axes, or a low strip. */
  setLow(isLow) {
    this.#isLow = isLow;
    this.#showHeight();
    this.draw();
  }

  /** Draw the outline and make the sound ready to play. Raises when either cannot be fetched. */
  async load() {
    const [, outline] = await Promise.all([this.player.load(this.clip), media.outline(this.clip)]);
    this.#outline = outline;
    this.draw();
  }

  setSelection(selection) {
    this.player.select(selection);
    this.onSelection?.(this.player.selection);
  }

  /** Begin or end the selection where the play head is: `edge` is "start_s" or "end_s". */
  markEdge(edge) {
    const whole = { start_s: 0, end_s: this.clip.duration_s };
    const wished = { ...(this.selection ?? whole), [edge]: this.player.heardTime };
    if (wished.start_s >= wished.end_s) {
      Object.assign(wished, edge === "start_s" ? { end_s: whole.end_s } : { start_s: 0 });
    }
    this.setSelection(wished);
  }

  /** Show stretches `{start_s, end_s, label, kind}` as a layer under the play head. */
  setMarks(marks) {
    this.#parts.marks.replaceChildren(...marks.map((mark) => this.#drawMark(mark)));
  }

  seekBy(steps, isFine) {
    this.player.seek(this.player.heardTime + steps * (isFine ? FINE_SEEK_S : SEEK_S));
  }

  /** Draw what depends on the width; called again by itself when that changes. */
  draw() {
    if (this.#isLow) return;
    drawFrequencyAxis(this.#parts.khz, this.#parts.grid);
    drawTimeAxis(this.#parts.seconds, this.clip.duration_s);
    const colour = getComputedStyle(this.element).getPropertyValue("--wave");
    if (this.#outline) drawWaveform(this.#parts.wave, this.#outline, colour);
    this.#showTime();
  }

  #listen(signal) {
    const { reach } = this.#parts;
    reach.addEventListener("pointerdown", (event) => this.#startDrag(event));
    reach.addEventListener("pointermove", (event) => this.#moveDrag(event));
    reach.addEventListener("pointerup", (event) => this.#endDrag(event));
    reach.addEventListener("pointercancel", () => this.#dropDrag());
    reach.addEventListener("keydown", (event) => this.#seekByKey(event));
    this.player.addEventListener("time", () => this.#showTime(), { signal });
    this.player.addEventListener("state", () => this.#showSelection(this.selection), { signal });
    const widths = new ResizeObserver(() => this.draw());
    widths.observe(this.element);
    signal?.addEventListener("abort", () => widths.disconnect());
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", () => this.draw(), { signal });
  }

  #showHeight() {
    this.element.classList.toggle("is-low", this.#isLow);
    const { reach } = this.#parts;
    const slider = {
      role: "slider",
      tabindex: 0,
      "aria-label": this.element.dataset.labelPosition,
      "aria-valuemin": 0,
      "aria-valuemax": this.clip.duration_s.toFixed(1),
    };
    for (const [name, value] of Object.entries(slider)) {
      if (this.#isLow) reach.removeAttribute(name);
      else reach.setAttribute(name, value);
    }
    if (this.#isLow) ["aria-valuenow", "aria-valuetext"].forEach((n) => reach.removeAttribute(n));
    else this.#showTime();
  }

  #showTime() {
    if (this.#isLow) return;
    const seconds = this.#isLive ? this.player.heardTime : 0;
    const share = Math.min(1, seconds / this.clip.duration_s);
    this.#parts.head.style.transform = `translateX(${share * this.#parts.reach.clientWidth}px)`;
    const shown = seconds.toFixed(1);
    if (this.#parts.reach.getAttribute("aria-valuenow") === shown) return;
    this.#parts.reach.setAttribute("aria-valuenow", shown);
    const text = this.element.dataset.textSeconds.replace("{n}", shownNumber(seconds, 1));
    this.#parts.reach.setAttribute("aria-valuetext", text);
  }

  #showSelection(selection) {
    this.#parts.selection.hidden = !selection;
    if (selection) this.#place(this.#parts.selection, selection);
  }

  #drawMark({ start_s, end_s, label = "", kind = "" }) {
    const mark = document.createElement("div");
    mark.className = "clip-view__mark";
    mark.dataset.kind = kind;
    const text = document.createElement("span");
    text.textContent = label;
    mark.append(text);
    this.#place(mark, { start_s, end_s });
    return mark;
  }

  #place(element, { start_s, end_s }) {
    element.style.left = `${(100 * start_s) / this.clip.duration_s}%`;
    element.style.width = `${(100 * (end_s - start_s)) / this.clip.duration_s}%`;
  }

  #startDrag(event) {
    if (this.#isLow || event.button !== 0) return;
    const edge = this.#edgeAt(event);
    const { selection } = this;
    const opposite = { start_s: selection?.end_s, end_s: selection?.start_s }[edge];
    this.#drag = {
      fromX: event.clientX,
      fixed_s: opposite ?? this.#secondsAt(event),
      isSelection: edge !== null,
    };
    this.#parts.reach.setPointerCapture(event.pointerId);
  }

  #moveDrag(event) {
    if (!this.#drag) {
      this.#parts.reach.toggleAttribute("data-edge", this.#edgeAt(event) !== null);
      return;
    }
    if (Math.abs(event.clientX - this.#drag.fromX) >= LEAST_DRAG_PX) this.#drag.isSelection = true;
    if (this.#drag.isSelection) this.#showSelection(this.#dragged(event));
  }

  #endDrag(event) {
    if (this.#isLow) {
      this.onChoose?.();
      return;
    }
    if (!this.#drag) return;
    const { isSelection, fixed_s } = this.#drag;
    const selection = this.#dragged(event);
    this.#dropDrag();
    if (!isSelection) {
      this.player.seek(fixed_s);
      return;
    }
    this.setSelection(selection);
    this.player.restart();
  }

  #dropDrag() {
    this.#drag = null;
    this.#showSelection(this.selection);
  }

  #seekByKey(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const jump = { Home: 0, End: this.clip.duration_s }[event.key];
    if (steps === undefined && jump === undefined) return;
    event.preventDefault();
    if (steps) this.seekBy(steps, event.shiftKey);
    else this.player.seek(jump);
  }

  #dragged(event) {
    const [start_s, end_s] = [this.#drag.fixed_s, this.#secondsAt(event)].sort((a, b) => a - b);
    return { start_s, end_s };
  }

  /** Which edge of the selection is within reach of the pointer: "start_s", "end_s" or null. */
  #edgeAt(event) {
    const { selection } = this;
    if (this.#isLow || !selection) return null;
    const { left, width } = this.#parts.reach.getBoundingClientRect();
    const away = (s) => Math.abs(left + (width * s) / this.clip.duration_s - event.clientX);
    const edge = away(selection.start_s) < away(selection.end_s) ? "start_s" : "end_s";
    return away(selection[edge]) <= EDGE_PX ? edge : null;
  }

  #secondsAt(event) {
    const { left, width } = this.#parts.reach.getBoundingClientRect();
    return this.clip.duration_s * Math.min(1, Math.max(0, (event.clientX - left) / width));
  }
}
