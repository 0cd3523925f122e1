/** One recording of the page as a row: low strip, or tall while it is the active one. */

import { ClipView } from "./clip_view.js";
import { shownNumber } from "./shown_numbers.js";
import { text } from "./texts.js";

/** Events: "choose" (a low strip was clicked), "play" (its button was). */
export class ClipRow extends EventTarget {
  #parts = {};

  /** `place` is `{n, total}`, from 1; `signal` lets go of the player. */
  constructor(element, clip, dot, { player, place, signal }) {
    super();
    Object.assign(this, { element, clip, dot, place, isActive: false });
    for (const name of ["play", "answer", "saved", "problem"]) {
      this.#parts[name] = element.querySelector(`.clip__${name}`);
    }
    const onChoose = () => this.#tell("choose");
    const picture = element.querySelector(".clip-view");
    this.view = new ClipView(picture, clip, { player, signal, isLow: true, onChoose });
    this.#parts.play.addEventListener("click", () => this.#tell("play"));
  }

  activate(panel) {
    this.isActive = true;
    this.element.classList.add("is-active");
    this.element.setAttribute("aria-current", "true");
    this.dot.classList.add("is-active");
    this.#parts.problem.before(panel);
    this.view.setLow(false);
    this.element.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "nearest" });
  }

  deactivate() {
    this.isActive = false;
    this.element.classList.remove("is-active");
    this.element.removeAttribute("aria-current");
    this.dot.classList.remove("is-active");
    this.view.setLow(true);
  }

  showAnswer(answer) {
    for (const part of [this.#parts.answer, this.dot]) setOrRemove(part, "answer", answer);
    this.#parts.answer.textContent = answer ?? "";
    const values = { ...this.place, seconds: shownNumber(this.clip.duration_s, 1), answer };
    this.element.setAttribute("aria-label", text(answer ? "recordingAnswered" : "recording", values));
  }

  /** Show an answer's way: "waiting", "saved", "refused" with the reason, or "" for none. */
  showSaved(state, sentence = "") {
    const { saved } = this.#parts;
    setOrRemove(saved, "state", state);
    const words = { waiting: saved.dataset.textWaiting, saved: saved.dataset.textSaved };
    saved.textContent = words[state] ?? "";
    this.showProblem(sentence);
  }

  /** Show a sentence, or elements, below the recording; "" for none. */
  showProblem(what) {
    this.#parts.problem.hidden = what.length === 0;
    this.#parts.problem.replaceChildren(...(typeof what === "string" ? [what] : what));
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}

/** A new row for `clip`, from the page's blank one. */
export function blankRow(clip, { n, total }) {
  const blank = document.getElementById("blank-clip").content.firstElementChild;
  const row = document.importNode(blank, true);
  const seconds = shownNumber(clip.duration_s, 1);
  row.setAttribute("aria-label", text("recording", { n, total, seconds }));
  row.querySelector(".clip__play").setAttribute("aria-label", text("play", { n }));
  row.querySelector(".clip__number").textContent = n;
  row.querySelector(".clip__length").textContent = `${seconds} s`;
  row.querySelector("img").src = clip.spectrogram;
  return row;
}

function setOrRemove(element, name, value) {
  if (value) element.dataset[name] = value;
  else delete element.dataset[name];
}
