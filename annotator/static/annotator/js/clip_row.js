/** One recording of the page as a row: low strip, or tall while it is the active one. */

import { drawFrequencyAxis, drawTimeAxis, drawWaveform } from "./pictures.js";

const LEAST_DRAG_PX = 6;

/** Events: "seek" (detail: seconds), "select" (detail: {start, end}), "choose" (a low strip). */
export class ClipRow extends EventTarget {
  #parts = {};
  #outline = null;
  #drag = null;

  constructor(element, clip, dot) {
    super();
    this.element = element;
    this.clip = clip;
    this.dot = dot;
    this.isActive = false;
    for (const name of ["play", "wave", "khz", "grid", "reach", "selection", "head", "seconds"]) {
      this.#parts[name] = element.querySelector(`.clip__${name}`);
    }
    this.#parts.answer = element.querySelector(".clip__answer");
    this.#parts.saved = element.querySelector(".clip__saved");
    this.#listen();
  }

  activate(panel) {
    this.isActive = true;
    this.element.classList.add("is-active");
    this.element.setAttribute("aria-current", "true");
    this.dot.classList.add("is-active");
    setAttributes(this.#parts.reach, this.#sliderAttributes());
    this.element.append(panel);
    this.draw();
    this.element.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "nearest" });
  }

  deactivate() {
    this.isActive = false;
    this.element.classList.remove("is-active");
    this.element.removeAttribute("aria-current");
    this.dot.classList.remove("is-active");
    this.showSelection(null);
    this.showTime(0);
    Object.keys(this.#sliderAttributes()).forEach((name) => {
      this.#parts.reach.removeAttribute(name);
    });
  }

  setOutline(outline) {
    this.#outline = outline;
    this.draw();
  }

  /** Draw what depends on the row's width; called again when that changes. */
  draw() {
    if (!this.isActive) return;
    drawFrequencyAxis(this.#parts.khz, this.#parts.grid);
    drawTimeAxis(this.#parts.seconds, this.clip.duration_s);
    const colour = getComputedStyle(this.element).getPropertyValue("--wave");
    if (this.#outline) drawWaveform(this.#parts.wave, this.#outline.peaks, colour);
  }

  showTime(seconds) {
    const share = Math.min(1, seconds / this.clip.duration_s);
    this.#parts.head.style.transform = `translateX(${share * this.#parts.reach.clientWidth}px)`;
    this.#parts.reach.setAttribute("aria-valuenow", seconds.toFixed(1));
    this.#parts.reach.setAttribute("aria-valuetext", `${seconds.toFixed(1)} seconds`);
  }

  showSelection(selection) {
    this.#parts.selection.hidden = !selection;
    if (!selection) return;
    const percent = (s) => `${(100 * s) / this.clip.duration_s}%`;
    this.#parts.selection.style.left = percent(selection.start);
    this.#parts.selection.style.width = percent(selection.end - selection.start);
  }

  showAnswer(answer) {
    for (const part of [this.#parts.answer, this.dot]) setOrRemove(part, "answer", answer);
    this.#parts.answer.textContent = answer ?? "";
  }

  /** Show an answer's way: "waiting", "saved", "refused" with the reason, or "" for none. */
  showSaved(state, sentence = "") {
    setOrRemove(this.#parts.saved, "state", state);
    this.#parts.saved.title = { waiting: "Waiting to be saved", saved: "Saved" }[state] ?? sentence;
    this.element.querySelector(".clip__problem")?.remove();
    if (!sentence) return;
    const problem = document.createElement("p");
    problem.className = "clip__problem problem";
    problem.setAttribute("role", "alert");
    problem.textContent = sentence;
    this.element.append(problem);
  }

  #listen() {
    this.#parts.play.addEventListener("click", () => this.#tell("play"));
    const { reach } = this.#parts;
    reach.addEventListener("pointerdown", (event) => this.#startDrag(event));
    reach.addEventListener("pointermove", (event) => this.#moveDrag(event));
    reach.addEventListener("pointerup", (event) => this.#endDrag(event));
    reach.addEventListener("pointercancel", () => (this.#drag = null));
  }

  #sliderAttributes() {
    return {
      role: "slider",
      tabindex: 0,
      "aria-label": "Position in the recording",
      "aria-valuemin": 0,
      "aria-valuemax": this.clip.duration_s.toFixed(1),
      "aria-valuenow": "0.0",
      "aria-valuetext": "0.0 seconds",
    };
  }

  #startDrag(event) {
    if (!this.isActive || event.button !== 0) return;
    this.#drag = { fromX: event.clientX, fromS: this.#secondsAt(event), isSelection: false };
    this.#parts.reach.setPointerCapture(event.pointerId);
  }

  #moveDrag(event) {
    if (!this.#drag) return;
    if (Math.abs(event.clientX - this.#drag.fromX) >= LEAST_DRAG_PX) this.#drag.isSelection = true;
    if (this.#drag.isSelection) this.showSelection(this.#dragged(event));
  }

  #endDrag(event) {
    if (!this.isActive) return this.#tell("choose");
    const drag = this.#drag;
    if (!drag) return undefined;
    const selection = this.#dragged(event);
    this.#drag = null;
    return drag.isSelection ? this.#tell("select", selection) : this.#tell("seek", drag.fromS);
  }

  #dragged(event) {
    const [start, end] = [this.#drag.fromS, this.#secondsAt(event)].sort((a, b) => a - b);
    return { start, end };
  }

  #secondsAt(event) {
    const box = this.#parts.reach.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return share * this.clip.duration_s;
  }

  #tell(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function setAttributes(element, attributes) {
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
}

function setOrRemove(element, name, value) {
  if (value) element.dataset[name] = value;
  else delete element.dataset[name];
}
