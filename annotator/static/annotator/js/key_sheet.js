/** The sheet of keys, where each action can be given another one. */

import { keyOf, signOf } from "./keys.js";
import { fill } from "./texts.js";

const NAMED = new Set([
  "Space", "Enter", "Backspace", "Delete", "Home", "End", "PageUp", "PageDown",
  "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown",
]);

export class KeySheet {
  #dialog;
  #keys;
  #preferences;
  #recording = null;

  constructor(dialog, keys, preferences) {
    this.#dialog = dialog;
    this.#keys = keys;
    this.#preferences = preferences;
    dialog.addEventListener("click", ({ target }) => this.#press(target));
    dialog.addEventListener("keydown", (event) => this.#hear(event));
    dialog.addEventListener("cancel", (event) => this.#recording && event.preventDefault());
    dialog.addEventListener("close", () => this.#stop());
  }

  open() {
    this.#say("");
    this.#dialog.showModal();
  }

  #press(target) {
    const button = target.closest("[data-action]");
    if (target.closest("#keys-reset")) return this.#reset();
    if (!button) return undefined;
    const isSame = button === this.#recording;
    this.#stop();
    if (isSame) return undefined;
    this.#recording = button;
    button.classList.add("is-recording");
    button.querySelector("kbd").textContent = this.#dialog.dataset.textPress;
    return this.#tell("textPressFor", { action: this.#labelOf(button.dataset.action) });
  }

  #hear(event) {
    if (!this.#recording || ["Shift", "Tab", "Control", "Alt", "Meta"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const { action } = this.#recording.dataset;
    const key = keyOf(event);
    this.#stop();
    if (key === "Escape") this.#say("");
    else this.#give(action, key, event);
  }

  #give(action, key, { ctrlKey, metaKey, altKey }) {
    const isFit = (key.length === 1 || NAMED.has(key)) && !ctrlKey && !metaKey && !altKey;
    const shown = { key: signOf(key), action: this.#labelOf(action) };
    const other = this.#keys.actionOf(key);
    if (!isFit) return this.#tell("textUnfit", shown);
    if (other && other !== action) {
      return this.#tell("textTaken", { ...shown, other: this.#labelOf(other) });
    }
    this.#tell("textKept", shown);
    return this.#change({ ...this.#keys.keys, [action]: key });
  }

  #reset() {
    this.#stop();
    this.#tell("textReset");
    return this.#change({ ...this.#preferences.keysAsTheyCame });
  }

  async #change(keys) {
    this.#keys.change(keys);
    const chosen = Object.entries(keys).filter(([n, key]) => key !== this.#preferences.keysAsTheyCame[n]);
    const reason = await this.#preferences.save({ keys: Object.fromEntries(chosen) });
    if (reason !== null) {
      this.#tell("textNotKept", { reason: reason || this.#dialog.dataset.textUnreachable });
    }
  }

  #stop() {
    this.#recording?.classList.remove("is-recording");
    this.#recording = null;
    this.#keys.show(this.#dialog);
  }

  #labelOf(action) {
    return this.#dialog.querySelector(`[data-action=${action}]`)?.getAttribute("aria-label") ?? action;
  }

  #tell(name, values = {}) {
    this.#say(fill(this.#dialog.dataset[name], values));
  }

  #say(sentence) {
    this.#dialog.querySelector("#keys-said").textContent = sentence;
  }
}
