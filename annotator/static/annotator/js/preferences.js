/** What this person prefers, kept on the server. */

import { post } from "./requests.js";

const PAUSE_MS = 800;

export class Preferences {
  #address;
  #waiting = {};
  #timer = null;

  /** From the JSON that the page carries in `#preferences`. */
  constructor({ address, keys, keys_as_they_came: keysAsTheyCame, volume, speed }) {
    this.#address = address;
    Object.assign(this, { keys, keysAsTheyCame, volume, speed });
  }

  /** Keep these now. Returns null, or why not ("" when the site could not be reached). */
  async save(wished) {
    try {
      const { response, data } = await post(this.#address, wished);
      return response.ok ? null : (data?.error ?? "");
    } catch {
      return "";
    }
  }

  /** Keep these once no more came for a moment, as while a slider moves. */
  saveSoon(wished, sayWhyNot) {
    Object.assign(this.#waiting, wished);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      const due = this.#waiting;
      this.#waiting = {};
      const reason = await this.save(due);
      if (reason !== null) sayWhyNot(reason);
    }, PAUSE_MS);
  }
}
