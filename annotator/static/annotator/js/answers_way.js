/** Shows what becomes of each thing sent: in its row, or in a notice where its page has gone by. */

import { bothAnswers } from "./conflict.js";

export class AnswersWay {
  #outbox;
  #page;
  #notices;

  /** `page` gives the present PageOfClips; `notices` is where those without a row are shown. */
  constructor(outbox, page, notices) {
    this.#outbox = outbox;
    this.#page = page;
    this.#notices = notices;
    outbox.addEventListener("entry", ({ detail }) => this.#follow(detail));
  }

  /** Show what waits and what is in conflict since an earlier visit. */
  showKept() {
    for (const { body } of this.#outbox.waiting) {
      this.#page().rowOf(body.nomination)?.showSaved("waiting");
    }
    this.#outbox.conflicts.forEach((entry) => this.#offerBoth(entry));
  }

  #follow({ entry, state, sentence, data, isElsewhere }) {
    const { nomination, answer } = entry.body;
    const { session } = this.#page();
    const row = this.#page().rowOf(nomination);
    const isAnswer = "seen_answer" in entry.body;
    if (state === "conflict") return this.#offerBoth({ ...entry, conflict: data.conflict });
    if (state === "settled") return row?.showProblem("");
    if (state === "refused" && isAnswer) session.close(nomination);
    if (state === "refused" && !row) return this.#notice([sentence]);
    if (!isAnswer) return state === "refused" ? row.showProblem(sentence) : undefined;
    if (isElsewhere && state !== "refused") session.accept(nomination, answer);
    const isWithdrawn = state === "saved" && !answer;
    return row?.showSaved(isWithdrawn ? "" : state, sentence);
  }

  #offerBoth(entry) {
    const { nomination, answer } = entry.body;
    const { saved } = entry.conflict;
    const row = this.#page().rowOf(nomination);
    const show = row ? (what) => row.showProblem(what) : this.#notice([]);
    const n = row ? row.place.n : 0;
    const choose = (isMine) => {
      show("");
      this.#page().session.accept(nomination, isMine ? answer : saved);
      const body = isMine ? { ...entry.body, seen_answer: saved } : null;
      this.#outbox.settleConflict(entry, body);
      if (!isMine) row?.showSaved(saved ? "saved" : "");
    };
    row?.showSaved("");
    show(bothAnswers({ n, given: answer, saved }, choose));
  }

  /** Add a notice and return what changes it; "" takes it away. */
  #notice(parts) {
    const notice = document.createElement("p");
    notice.className = "notice";
    notice.setAttribute("role", "alert");
    notice.replaceChildren(...parts);
    this.#notices.append(notice);
    return (what) => (what.length ? notice.replaceChildren(...what) : notice.remove());
  }
}
