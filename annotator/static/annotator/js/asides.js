/** Beside the answers: a comment on the active recording, and the report of a bad one. */

/** The line that takes a comment; `keep(words)` keeps it, `leave()` gives the keys back. */
export class CommentLine {
  #form;
  #button;

  constructor(form, button, { keep, leave }) {
    this.#form = form;
    this.#button = button;
    this.leave = leave;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      keep(form.elements.text.value.trim());
      this.#end();
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      this.#end();
    });
    form.querySelector("#comment-close").addEventListener("click", () => this.#end());
  }

  /** Open it with what was written before, or close it. */
  toggle(words) {
    if (!this.#form.hidden) return this.#end();
    this.#show(true);
    this.#form.elements.text.value = words;
    this.#form.elements.text.focus();
    return this.#form.scrollIntoView({ block: "nearest" });
  }

  close() {
    this.#show(false);
  }

  #end() {
    this.#show(false);
    this.leave();
  }

  #show(isOpen) {
    this.#form.hidden = !isOpen;
    this.#button.setAttribute("aria-expanded", String(isOpen));
  }
}

/** The sheet that takes a report; `send(reason, words)` puts it on its way. */
export class ReportSheet {
  #dialog;
  #form;

  constructor(dialog, send) {
    this.#dialog = dialog;
    this.#form = dialog.querySelector("form");
    dialog.querySelector("[data-does=close]").addEventListener("click", () => dialog.close());
    this.#form.addEventListener("change", () => this.#askForWords());
    this.#form.addEventListener("submit", () => {
      const { reason, text } = this.#form.elements;
      send(reason.value, text.value.trim());
    });
  }

  open() {
    this.#form.reset();
    this.#askForWords();
    this.#dialog.showModal();
  }

  #askForWords() {
    const { reason, text } = this.#form.elements;
    text.required = reason.value === "other";
  }
}
