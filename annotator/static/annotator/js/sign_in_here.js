/** Signing in again without leaving the page, so that nothing on it is lost. */

import { readCookie, renewToken } from "./requests.js";

export class SignInHere {
  #dialog;
  #form;
  #problem;
  #whenBack;

  /** `whenBack` is called once the person is signed in again. */
  constructor(dialog, whenBack) {
    this.#dialog = dialog;
    this.#form = dialog.querySelector("form");
    this.#problem = dialog.querySelector("[data-part=problem]");
    this.#whenBack = whenBack;
    this.#form.addEventListener("submit", (event) => this.#submit(event));
    dialog.querySelector("[data-does=close]").addEventListener("click", () => dialog.close());
  }

  open() {
    if (this.#dialog.open) return;
    this.#say("");
    this.#dialog.showModal();
    this.#form.elements.password.focus();
  }

  async #submit(event) {
    event.preventDefault();
    try {
      if (await this.#signIn()) this.#finish();
      else this.#say(this.#dialog.dataset.textWrong);
    } catch {
      this.#say(this.#dialog.dataset.textUnreachable);
    }
  }

  /** The site's own form, sent beside the page; it redirects exactly when it lets one in. */
  async #signIn() {
    if (!readCookie("csrftoken")) await renewToken();
    const response = await fetch(this.#dialog.dataset.action, {
      method: "POST",
      headers: { "X-CSRFToken": readCookie("csrftoken") },
      body: new URLSearchParams(new FormData(this.#form)),
      redirect: "manual",
    });
    return response.type === "opaqueredirect";
  }

  #finish() {
    this.#form.elements.password.value = "";
    this.#dialog.close();
    renewTokens();
    this.#whenBack();
  }

  #say(sentence) {
    this.#problem.hidden = !sentence;
    this.#problem.textContent = sentence;
  }
}

/** Signing in changed the token that guards forms; the page's own forms get the new one. */
function renewTokens() {
  const token = readCookie("csrftoken");
  for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = token;
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
}
