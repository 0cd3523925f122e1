/** The page's lease, and the page behind it: leased and fetched while this one is answered. */

import { media } from "./media.js";
import { post } from "./requests.js";

export class PagesAhead {
  #page;
  #next = null;
  #isAsked = false;

  constructor(page) {
    this.#page = page;
    this.#renewAgainAndAgain();
  }

  /** What the next page will be, or null while that is not known. */
  get next() {
    return this.#next;
  }

  /** Ask for the page behind this one and fetch its media; once, again after a failure. */
  async fetchNext() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    try {
      const response = await fetch(`${this.#page.next_url}?after=${this.#page.page}`);
      this.#isAsked = response.ok && !response.redirected;
      if (this.#isAsked) this.#next = (await response.json()).page;
    } catch {
      this.#isAsked = false; // offline: asked for again with the next answer
    }
    if (this.#next) await this.#fetchMedia();
  }

  /** Go over to the next page; gives back the seats of this one that were not used. */
  turn(isComplete) {
    if (!isComplete) this.release();
    this.#page = this.#next;
    this.#next = null;
    this.#isAsked = false;
    return this.#page;
  }

  /** Give the seats of this page back; a lease that stays runs out by itself. */
  async release() {
    try {
      await post(this.#page.release_url, {});
    } catch {
      /* Offline: the lease runs out. */
    }
  }

  async #fetchMedia() {
    for (const { spectrogram } of this.#next.clips) new Image().src = spectrogram;
    await media.prefetch(this.#next.clips);
  }

  #renewAgainAndAgain() {
    const pause_s = this.#page.lease_s / 3;
    setTimeout(async () => {
      await Promise.allSettled([this.#page, this.#next].filter(Boolean).map(renew));
      this.#renewAgainAndAgain();
    }, 1000 * pause_s);
  }
}

function renew({ renew_url: url }) {
  return post(url, {});
}
