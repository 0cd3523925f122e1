/** Answers on their way to the server: kept in this browser until each was acknowledged.
 *
 * One entry per given answer, sent strictly in the order given, each with its own idempotency key,
 * so that sending again after a lost reply records nothing twice. The list is kept per person; two
 * people who share a browser never send each other's answers.
 */

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30000;
const REFUSALS = new Set([400, 403, 404, 409]);

export class Outbox extends EventTarget {
  #storageKey;
  #memory = [];
  #sending = null;
  #isDraining = false;
  #pauseMs = FIRST_PAUSE_MS;
  #timer = null;

  constructor(user) {
    super();
    this.#storageKey = `harken.outbox.${user}`;
    this.trouble = "";
    window.addEventListener("online", () => this.#retryNow());
    window.addEventListener("offline", () => this.#setTrouble("offline"));
    window.addEventListener("focus", () => this.entries.length && this.#retryNow());
  }

  /** What is not acknowledged yet, oldest first. */
  get entries() {
    try {
      return JSON.parse(localStorage.getItem(this.#storageKey)) ?? [];
    } catch {
      return this.#memory;
    }
  }

  /** Put an answer on its way; returns its key. */
  add(url, answer) {
    const key = newKey();
    const entry = { url, body: { ...answer, idempotency_key: key } };
    this.#write([...this.entries, entry]);
    this.#tell(entry, "waiting");
    this.drain();
    return key;
  }

  /** Take back an answer that has not left yet; says whether it could. */
  takeBack(key) {
    const kept = this.entries.filter((entry) => entry.body.idempotency_key !== key);
    if (key === this.#sending || kept.length === this.entries.length) return false;
    this.#write(kept);
    this.#changed();
    return true;
  }

  /** Send everything, in turn; stops at the first that cannot be sent now and tries again later. */
  async drain() {
    if (this.#isDraining) return;
    this.#isDraining = true;
    try {
      await exclusively(`${this.#storageKey}.lock`, () => this.#sendAll());
    } finally {
      this.#isDraining = false;
      this.#changed();
    }
  }

  async #sendAll() {
    for (let entry = this.entries[0]; entry; entry = this.entries[0]) {
      this.#sending = entry.body.idempotency_key;
      const outcome = await send(entry);
      this.#sending = null;
      if (outcome.isSettled) this.#settle(entry, outcome);
      else return this.#tryLater(outcome.trouble);
    }
    this.#setTrouble("");
  }

  #settle(entry, { sentence }) {
    const key = entry.body.idempotency_key;
    this.#write(this.entries.filter((other) => other.body.idempotency_key !== key));
    this.#pauseMs = FIRST_PAUSE_MS;
    this.trouble = "";
    this.#tell(entry, sentence ? "refused" : "saved", sentence);
  }

  #tryLater(trouble) {
    this.#setTrouble(trouble);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.drain(), this.#pauseMs);
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }

  #retryNow() {
    clearTimeout(this.#timer);
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#setTrouble("");
    this.drain();
  }

  #setTrouble(trouble) {
    this.trouble = trouble;
    this.#changed();
  }

  #write(entries) {
    this.#memory = entries;
    try {
      localStorage.setItem(this.#storageKey, JSON.stringify(entries));
    } catch {
      /* Storage is full or forbidden: the answers live as long as this page. */
    }
  }

  #tell({ body }, state, sentence = "") {
    const detail = { nomination: body.nomination, answer: body.answer, state, sentence };
    this.dispatchEvent(new CustomEvent("answer", { detail }));
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** Say in words how the outbox stands: [state, sentence]. */
export function describeOutbox({ entries, trouble }, hasSaved) {
  const n = entries.length;
  if (trouble === "signed-out") return ["signed-out", `Signed out; ${n} kept here`];
  if (trouble === "offline") return ["offline", n ? `Offline; ${n} kept here` : "Offline"];
  if (n) return ["waiting", trouble ? `${n} waiting to be saved` : "Saving…"];
  return ["saved", hasSaved ? "Saved" : ""];
}

async function send({ url, body }) {
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": readCookie("csrftoken") },
      body: JSON.stringify(body),
      keepalive: true,
    });
  } catch {
    return { isSettled: false, trouble: "offline" };
  }
  if (response.ok) return { isSettled: true };
  const sentence = await readError(response);
  if (REFUSALS.has(response.status) && sentence) return { isSettled: true, sentence };
  return { isSettled: false, trouble: response.status === 401 ? "signed-out" : "server" };
}

async function readError(response) {
  try {
    return (await response.json()).error;
  } catch {
    return "";
  }
}

function exclusively(name, work) {
  return navigator.locks ? navigator.locks.request(name, work) : work();
}

function readCookie(name) {
  const pair = document.cookie.split("; ").find((text) => text.startsWith(`${name}=`));
  return pair ? decodeURIComponent(pair.slice(name.length + 1)) : "";
}

/** A random UUID; unlike crypto.randomUUID it also works where the site has no TLS. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
