/** The answers of one page: which recording is active, what was answered, what can be undone. */

import { text } from "./texts.js";

/** Events: "active", "answers" (some answer changed), "say" (detail: a sentence for the person). */
export class Session extends EventTarget {
  #history = [];
  #activeSince = 0;
  #outbox;

  /** `data` is the page as the server describes it. */
  constructor(data, outbox) {
    super();
    this.#outbox = outbox;
    this.data = data;
    this.items = data.clips.map((clip) => ({
      clip,
      answer: clip.answer || null,
      comment: clip.comment ?? "",
      isClosed: false,
      secondsTaken: 0,
    }));
    this.active = -1;
    for (const { body } of outbox.waiting) this.#takeOver(body);
  }

  get current() {
    return this.items[this.active];
  }

  get nAnswered() {
    return this.items.filter((item) => item.answer).length;
  }

  /** Nothing is left to answer. */
  get isComplete() {
    return this.items.every((item) => !isOpen(item));
  }

  /** Where to begin: the first open recording, else the first. */
  get firstOpen() {
    return Math.max(0, this.items.findIndex(isOpen));
  }

  /** The recordings from the active one on, then those before it: the order they are needed in. */
  get upcoming() {
    const clips = this.items.map(({ clip }) => clip);
    const from = Math.max(0, this.active);
    return [...clips.slice(from), ...clips.slice(0, from)];
  }

  indexOf(nomination) {
    return this.items.findIndex(({ clip }) => clip.nomination === nomination);
  }

  goTo(index) {
    if (index < 0 || index >= this.items.length || index === this.active) return;
    this.#stopClock();
    this.active = index;
    this.#activeSince = performance.now();
    this.#tell("active");
  }

  step(by) {
    this.goTo(this.active + by);
  }

  /** Give the active recording's answer and go on to the next open one; says if there was one.
   *
   * `heard` is how it was listened to: `{fraction, gain_db}`.
   */
  answer(answer, heard) {
    const index = this.active;
    const { answer: previous } = this.current;
    if (previous !== answer) {
      this.#stopClock();
      this.#history.push({ index, previous, heard });
      this.#give(this.current, answer, heard);
    }
    const next = this.#nextOpen(index);
    if (next >= 0) this.goTo(next);
    return next >= 0;
  }

  /** Go back to the answer given last and undo it: what stood before holds again. */
  undo() {
    const last = this.#history.pop();
    if (!last) return this.#tell("say", text("nothingToUndo"));
    const item = this.items[last.index];
    if (last.previous) this.#give(item, last.previous, last.heard);
    else this.#withdraw(item);
    this.goTo(last.index);
    const values = { n: last.index + 1, answer: last.previous };
    return this.#tell("say", text(last.previous ? "backTo" : "takenBack", values));
  }

  /** Comment on the active recording; says whether it waits for the answer. */
  comment(comment) {
    const item = this.current;
    item.comment = comment;
    if (!item.answer) return true;
    this.#outbox.add(this.data.comment_url, { nomination: item.clip.nomination, comment });
    return false;
  }

  report(reason, comment) {
    const { nomination } = this.current.clip;
    this.#outbox.add(this.data.report_url, { nomination, reason, comment });
  }

  /** Show what holds after a conflict was settled. */
  accept(nomination, answer) {
    this.#change(nomination, { answer: answer || null });
  }

  /** The server wants no answer here any more: nothing of ours stands, and nothing is asked. */
  close(nomination) {
    this.#change(nomination, { answer: null, isClosed: true });
  }

  #change(nomination, values) {
    const item = this.items[this.indexOf(nomination)];
    if (!item) return;
    this.#history = this.#history.filter(({ index }) => this.items[index] !== item);
    Object.assign(item, values);
    this.#tell("answers");
  }

  #give(item, answer, { fraction, gain_db }) {
    const body = {
      nomination: item.clip.nomination,
      answer,
      seen_answer: item.answer ?? "",
      heard_fraction: Number(fraction.toFixed(3)),
      seconds_taken: Number(item.secondsTaken.toFixed(2)),
    };
    if (Number.isFinite(gain_db)) body.gain_db = Number(gain_db.toFixed(2));
    if (item.comment) body.comment = item.comment;
    item.answer = answer;
    this.#outbox.add(this.data.answers_url, body);
    this.#tell("answers");
  }

  #withdraw(item) {
    const { nomination } = item.clip;
    const body = { nomination, seen_answer: item.answer ?? "" };
    item.answer = null;
    this.#outbox.add(this.data.withdraw_url, body);
    this.#tell("answers");
  }

  #stopClock() {
    if (!this.current) return;
    this.current.secondsTaken += (performance.now() - this.#activeSince) / 1000;
    this.#activeSince = performance.now();
  }

  #nextOpen(index) {
    const after = this.items.findIndex((item, i) => i > index && isOpen(item));
    return after >= 0 ? after : this.items.findIndex(isOpen);
  }

  /** What waits in the outbox already holds here: an answer, or its withdrawal. */
  #takeOver({ nomination, answer, seen_answer: seen }) {
    const item = this.items[this.indexOf(nomination)];
    if (item && (answer || seen !== undefined)) item.answer = answer ?? null;
  }

  #tell(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function isOpen({ answer, isClosed }) {
  return !answer && !isClosed;
}
