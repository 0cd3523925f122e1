/** One's own pass of a recording: what is said of each class, sent as it is said, and undone. */

import { shownNumber } from "./shown_numbers.js";
import { text } from "./texts.js";

/** Events: "change" (something is said otherwise), "say" (detail: a sentence),
 * "finished" (the site has the end of the pass). */
export class RefinePass extends EventTarget {
  #outbox;
  #url;
  #undo = [];
  #before = new Map();

  constructor({ changes_url: url, labels, is_finished: isFinished, is_certified: isCertified }, outbox) {
    super();
    this.#outbox = outbox;
    this.#url = url;
    Object.assign(this, { isFinished, isCertified });
    this.labels = labels.map((label) => ({ ...label, events: [...label.events] }));
    for (const { url: to, body } of outbox.waiting) if (to === url) this.#apply(body);
    outbox.addEventListener("entry", ({ detail }) => this.#follow(detail));
  }

  get(mid) {
    return this.labels.find((label) => label.mid === mid);
  }

  /** What must be kept or rejected before the pass can end. */
  get open() {
    return this.labels.filter(({ kind, answer }) => kind === "given" && !answer);
  }

  /** Labels that are kept, in the order shown. */
  get kept() {
    return this.labels.filter(isKept);
  }

  /** Say PP, PNP, NP of a class, or "" to take back what was said; `name` of one that is new. */
  setAnswer(mid, answer, name = "") {
    const label = this.get(mid);
    const before = label?.answer ?? "";
    if (before === answer) return;
    this.#undo.push(() => this.#send({ verb: "label", sound_class: mid, answer: before }));
    this.#send({ verb: "label", sound_class: mid, answer }, name);
    const said = { "": "takenBack", NP: "rejected" }[answer] ?? "kept";
    this.#say(text(said, { name: this.get(mid).name, answer }));
  }

  /** Mark where a kept class sounds; `uuid` moves that mark. Returns the mark's uuid. */
  mark(mid, { start_s: onset, end_s: offset }, uuid = crypto.randomUUID?.() ?? newUuid()) {
    const label = this.get(mid);
    const former = label.events.find((event) => event.uuid === uuid);
    const before = former && { ...former };
    this.#undo.push(() => {
      if (before) this.#send({ verb: "mark", sound_class: mid, ...asSent(before) });
      else this.#send({ verb: "unmark", event: uuid });
    });
    const [onset_s, offset_s] = [round(onset), round(offset)];
    this.#send({ verb: "mark", sound_class: mid, event: uuid, onset_s, offset_s });
    const [from, to] = [shownNumber(onset_s, 2), shownNumber(offset_s, 2)];
    this.#say(text("marked", { name: label.name, from, to }));
    return uuid;
  }

  unmark(mid, uuid) {
    const label = this.get(mid);
    const before = { ...label.events.find((event) => event.uuid === uuid) };
    this.#undo.push(() => this.#send({ verb: "mark", sound_class: mid, ...asSent(before) }));
    this.#send({ verb: "unmark", event: uuid });
    this.#say(text("markDeleted", { name: label.name }));
  }

  finish() {
    this.#send({ verb: "finish" });
  }

  leave() {
    this.#send({ verb: "leave" });
  }

  undo() {
    const inverse = this.#undo.pop();
    if (!inverse) return this.#say(text("nothingToUndo"));
    inverse();
    return this.#say(text("undone"));
  }

  #send(body, name = "") {
    const before = structuredClone(this.labels);
    this.#apply(body, name);
    const entry = this.#outbox.add(this.#url, body);
    this.#before.set(entry.body.idempotency_key, before);
    this.dispatchEvent(new Event("change"));
  }

  #apply({ verb, sound_class: mid, answer, event, onset_s, offset_s }, name = "") {
    if (verb === "label") this.#applyAnswer(mid, answer, name);
    if (verb === "mark") {
      const label = this.get(mid);
      if (!label) return;
      label.events = label.events.filter(({ uuid }) => uuid !== event);
      label.events.push({ uuid: event, onset_s, offset_s });
      label.events.sort((a, b) => a.onset_s - b.onset_s);
    }
    if (verb === "unmark") {
      for (const label of this.labels) {
        label.events = label.events.filter(({ uuid }) => uuid !== event);
      }
    }
  }

  #applyAnswer(mid, answer, name) {
    let label = this.get(mid);
    if (!label) {
      label = { mid, name: name || mid, kind: "own", answer: "", events: [] };
      this.labels.push(label);
    }
    label.answer = answer;
    if (this.isFinished) this.isCertified = false;
  }

  #follow({ entry, state, sentence }) {
    if (entry.url !== this.#url) return;
    const key = entry.body.idempotency_key;
    if (state === "saved" && entry.body.verb === "finish") this.#tell("finished");
    if (state === "saved" && entry.body.verb === "leave") this.#tell("left");
    if (state === "refused") {
      const before = this.#before.get(key);
      if (before) this.labels = before;
      this.#undo.pop();
      this.#say(text("refused", { reason: sentence }));
      this.#tell("change");
    }
    if (state !== "waiting") this.#before.delete(key);
  }

  #say(sentence) {
    this.dispatchEvent(new CustomEvent("say", { detail: sentence }));
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}

export function isKept({ answer }) {
  return answer === "PP" || answer === "PNP";
}

function asSent({ uuid, onset_s, offset_s }) {
  return { event: uuid, onset_s, offset_s };
}

function round(seconds) {
  return Math.round(1000 * seconds) / 1000;
}

/** Where the site has no TLS, the browser makes no UUID by itself. */
function newUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
