/** The quiet line that says how the answers stand: saved, waiting, offline, signed out. */

import { text } from "./texts.js";

export class SavedLine {
  #place;
  #outbox;
  #signIn;
  #hasSaved = false;

  /** `signIn` is called when the person wants to sign in again here. */
  constructor(place, outbox, signIn) {
    this.#place = place;
    this.#outbox = outbox;
    this.#signIn = signIn;
    outbox.addEventListener("change", () => this.show());
    outbox.addEventListener("entry", ({ detail }) => (this.#hasSaved ||= detail.state === "saved"));
    this.show();
  }

  show() {
    const [state, sentence] = this.#describe();
    const isSame = this.#place.dataset.state === state && this.#place.dataset.said === sentence;
    if (isSame) return;
    Object.assign(this.#place.dataset, { state, said: sentence });
    this.#place.replaceChildren(sentence);
    if (state === "signed-out") this.#place.append(" ", this.#signInButton());
  }

  #describe() {
    const { trouble, isForgetful } = this.#outbox;
    const n = this.#outbox.waiting.length;
    if (trouble === "signed-out" && n) return ["signed-out", text("signedOut", { n })];
    if (n && trouble && isForgetful) return ["offline", text("noStorage")];
    if (trouble === "offline") return ["offline", n ? text("offlineKept", { n }) : text("offline")];
    if (n) return ["waiting", trouble ? text("waiting", { n }) : text("saving")];
    return ["saved", this.#hasSaved ? text("saved") : ""];
  }

  #signInButton() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "saved__sign-in";
    button.textContent = text("signIn");
    button.addEventListener("click", this.#signIn);
    return button;
  }
}
