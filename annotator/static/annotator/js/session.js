/** The answers of one page: which recording is active, what was answered, what can be undone. */

/** Events: "active", "answers" (some answer changed), "say" (detail: a sentence for the person). */
export class Session extends EventTarget {
  #history = [];
  #activeSince = 0;
  #outbox;
  #answersUrl;

  constructor(clips, answersUrl, outbox) {
    super();
    this.#outbox = outbox;
    this.#answersUrl = answersUrl;
    this.items = clips.map((clip) => ({ clip, answer: null, secondsTaken: 0 }));
    this.active = -1;
    for (const { body } of outbox.entries) this.#takeOver(body);
  }

  get current() {
    return this.items[this.active];
  }

  get nAnswered() {
    return this.items.filter((item) => item.answer).length;
  }

  get isComplete() {
    return this.nAnswered === this.items.length;
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

  /** Give the active recording's answer and go on to the next open one; says if there was one. */
  answer(answer, heardFraction) {
    const index = this.active;
    const { answer: previous } = this.current;
    if (previous !== answer) this.#give(index, answer, heardFraction, previous);
    const next = this.#nextOpen(index);
    if (next >= 0) this.goTo(next);
    return next >= 0;
  }

  /** Go back to the answer given last: unsent it is taken back, else what stood before is sent. */
  undo() {
    const last = this.#history.pop();
    if (!last) return this.#tell("say", "Nothing to undo on this page.");
    const item = this.items[last.index];
    const isUnsent = this.#outbox.takeBack(last.key);
    if (isUnsent) item.answer = last.previous;
    else if (last.previous) this.#send(item, last.previous, last.heardFraction);
    this.goTo(last.index);
    this.#tell("answers");
    return this.#tell("say", describeUndo(last, item, isUnsent));
  }

  /** The server refused an answer: it does not stand. */
  refuse(nomination) {
    const item = this.items.find(({ clip }) => clip.nomination === nomination);
    if (item) item.answer = null;
    this.#tell("answers");
  }

  #give(index, answer, heardFraction, previous) {
    const item = this.items[index];
    this.#stopClock();
    const key = this.#send(item, answer, heardFraction);
    this.#history.push({ index, previous, key, heardFraction });
    this.#tell("answers");
  }

  #send(item, answer, heardFraction) {
    item.answer = answer;
    return this.#outbox.add(this.#answersUrl, {
      nomination: item.clip.nomination,
      answer,
      heard_fraction: Number(heardFraction.toFixed(3)),
      seconds_taken: Number(item.secondsTaken.toFixed(2)),
    });
  }

  #stopClock() {
    if (!this.current) return;
    this.current.secondsTaken += (performance.now() - this.#activeSince) / 1000;
    this.#activeSince = performance.now();
  }

  #nextOpen(index) {
    const isOpen = (item) => !item.answer;
    const after = this.items.findIndex((item, i) => i > index && isOpen(item));
    return after >= 0 ? after : this.items.findIndex(isOpen);
  }

  #takeOver({ nomination, answer }) {
    const item = this.items.find(({ clip }) => clip.nomination === nomination);
    if (item) item.answer = answer;
  }

  #tell(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function describeUndo(last, item, isUnsent) {
  const recording = `recording ${last.index + 1}`;
  if (isUnsent) return `Taken back: ${recording}.`;
  if (last.previous) return `Back to ${last.previous}: ${recording}.`;
  return `Back at ${recording}, saved as ${item.answer}. Another key changes it.`;
}
