/** Answers on their way to the server: kept in this browser until each was acknowledged.
 *
 * One entry per deed (an answer, a change, a withdrawal, a comment, a report), sent strictly in the
 * order given, each with its own idempotency key, so that sending again after a lost reply records
 * nothing twice. The list is kept per person; two people who share a browser never send each other's
 * answers. Of several tabs one sends at a time, and all of them hear what became of it.
 */

import { OutboxStore } from "./outbox_store.js";
import { post, renewToken } from "./requests.js";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15000;
const REFUSALS = new Set([400, 403, 404, 409, 410]);

/** Events: "entry" (detail: `{entry, state, sentence, data, isElsewhere}`; state waiting, saved,
 * refused, conflict or settled; isElsewhere where another tab tells it) and "change" (what waits, or
 * what troubles it). */
export class Outbox extends EventTarget {
  #lockName;
  #store;
  #channel = null;
  #isDraining = false;
  #pauseMs = FIRST_PAUSE_MS;
  #timer = null;

  constructor(user) {
    super();
    this.#lockName = `harken.outbox.${user}`;
    this.#store = new OutboxStore(this.#lockName);
    this.trouble = "";
    this.#channel = new BroadcastChannel(this.#lockName);
    this.#channel.addEventListener("message", ({ data }) => this.#hear({ ...data, isElsewhere: true }));
    window.addEventListener("online", () => this.retryNow());
    window.addEventListener("offline", () => this.#setTrouble("offline"));
    window.addEventListener("focus", () => this.waiting.length && this.retryNow());
  }

  /** What is not acknowledged yet, oldest first. */
  get waiting() {
    return this.#store.entries.filter((entry) => !entry.conflict);
  }

  /** What the server has otherwise, until the person chose which holds. */
  get conflicts() {
    return this.#store.entries.filter((entry) => entry.conflict);
  }

  get isForgetful() {
    return this.#store.isForgetful;
  }

  /** Put something on its way; returns its entry. */
  add(url, body) {
    const entry = this.#store.add({ url, body: { ...body, idempotency_key: newKey() } });
    this.#tell({ entry, state: "waiting" });
    this.drain();
    return entry;
  }

  /** End a conflict: send `body` in its place, or nothing. */
  settleConflict(entry, body = null) {
    this.#store.remove(entry);
    this.#tell({ entry, state: "settled" });
    if (body) this.add(entry.url, body);
  }

  /** Send everything, in turn; stops at the first that cannot be sent now and tries again later. */
  async drain() {
    if (this.#isDraining) return;
    this.#isDraining = true;
    try {
      await exclusively(this.#lockName, () => this.#sendAll());
    } finally {
      this.#isDraining = false;
      this.#changed();
    }
  }

  retryNow() {
    clearTimeout(this.#timer);
    this.#pauseMs = FIRST_PAUSE_MS;
    return this.drain();
  }

  async #sendAll() {
    for (let [entry] = this.waiting; entry; [entry] = this.waiting) {
      const outcome = await send(entry);
      if (outcome.trouble) return this.#tryLater(outcome.trouble);
      this.#settle(entry, outcome);
    }
    this.#setTrouble("");
  }

  #settle(entry, { state, sentence, data }) {
    if (state === "conflict") this.#keepConflict(entry, data.conflict);
    else this.#store.remove(entry);
    this.#pauseMs = FIRST_PAUSE_MS;
    this.trouble = "";
    this.#tell({ entry, state, sentence, data });
  }

  /** A later conflict over the same recording takes the place of one not settled yet. */
  #keepConflict(entry, conflict) {
    const isSame = ({ body }) => body.nomination === entry.body.nomination;
    this.conflicts.filter(isSame).forEach((former) => this.#store.remove(former));
    this.#store.replace({ ...entry, conflict });
  }

  #tryLater(trouble) {
    this.#setTrouble(trouble);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.drain(), this.#pauseMs * (0.75 + Math.random() / 2));
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }

  #setTrouble(trouble) {
    this.trouble = trouble;
    this.#changed();
  }

  #tell(detail) {
    this.#channel.postMessage(detail);
    this.#hear(detail);
  }

  #hear(detail) {
    if (detail.state !== "waiting") this.trouble = "";
    this.dispatchEvent(new CustomEvent("entry", { detail }));
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

async function send({ url, body }) {
  let answer;
  try {
    answer = await post(url, body);
    if (isGuarded(answer)) {
      await renewToken();
      answer = await post(url, body);
    }
  } catch {
    return { trouble: "offline" };
  }
  const { response, data } = answer;
  if (response.ok && data) return { state: "saved", data };
  if (response.status === 401) return { trouble: "signed-out" };
  if (response.status === 409 && data?.conflict) return { state: "conflict", data };
  const isRefused = REFUSALS.has(response.status) && data?.error;
  return isRefused ? { state: "refused", sentence: data.error, data } : { trouble: "server" };
}

/** Refused before any view saw it, for want of the cookie that guards forms. */
function isGuarded({ response, data }) {
  return response.status === 403 && data === null;
}

/** Run `work` while no other tab does; without locks (no TLS) the idempotency keys must do. */
function exclusively(name, work) {
  return navigator.locks ? navigator.locks.request(name, work) : work();
}

/** A random UUID; unlike crypto.randomUUID it also works where the site has no TLS. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
