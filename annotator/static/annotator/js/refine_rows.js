/** The labels of a recording as rows: what was answered, keep or reject, marks in time. */

import { isKept } from "./refine_pass.js";
import { shownNumber } from "./shown_numbers.js";
import { text } from "./texts.js";

const PLACES = { given: "rows-present", own: "rows-present", suggested: "rows-suggested", refused: "rows-refused" };
const byId = (id) => document.getElementById(id);

export class RefineRows {
  #pass;
  #keys;
  #rows = new Map();
  #deeds;

  /** `deeds`: `mark(mid)`, `choose(mid, event)` when a mark is pressed. */
  constructor(pass, keys, deeds) {
    this.#pass = pass;
    this.#keys = keys;
    this.#deeds = deeds;
    this.active = "";
    this.event = "";
    pass.addEventListener("change", () => this.show());
    this.show();
  }

  /** The rows one can walk through, in the order shown. */
  get #shown() {
    return ["rows-suggested", "rows-present", "rows-refused"]
      .map(byId)
      .filter((list) => list && list.closest("details")?.open !== false)
      .flatMap((list) => Array.from(list.children, ({ dataset }) => dataset.mid));
  }

  goTo(mid, { focus = true } = {}) {
    if (mid !== this.active) this.event = "";
    this.active = mid;
    this.show();
    const element = this.#rows.get(mid);
    if (focus) element?.focus({ preventScroll: true });
    element?.scrollIntoView({ block: "nearest" });
    this.#deeds.activated();
  }

  step(by) {
    const shown = this.#shown;
    const at = shown.indexOf(this.active);
    const next = at < 0 ? shown[by > 0 ? 0 : shown.length - 1] : shown[at + by];
    if (next) this.goTo(next);
  }

  /** Go on to the next label that must be judged, if the active one was one of them. */
  goToNextOpen() {
    const open = this.#pass.open.map(({ mid }) => mid);
    const shown = this.#shown;
    const after = shown.slice(shown.indexOf(this.active) + 1).find((mid) => open.includes(mid));
    if (after) this.goTo(after);
  }

  show() {
    for (const label of this.#pass.labels) this.#showRow(label);
    for (const [mid, element] of this.#rows) {
      const label = this.#pass.get(mid);
      const isGone = !label || (label.kind === "own" && !label.answer);
      if (isGone) {
        element.remove();
        this.#rows.delete(mid);
      }
    }
    const nRefused = byId("rows-refused").children.length;
    byId("refused").hidden = !nRefused;
    byId("n-refused").textContent = nRefused || "";
    byId("no-rows").hidden = byId("rows-present").children.length > 0;
  }

  #showRow(label) {
    if (label.kind === "own" && !label.answer) return;
    const list = byId(this.#placeOf(label));
    let row = this.#rows.get(label.mid);
    if (!row) {
      row = this.#make(label);
      this.#rows.set(label.mid, row);
    }
    if (row.parentElement !== list) list.append(row);
    row.classList.toggle("is-active", label.mid === this.active);
    row.dataset.said = label.answer;
    for (const button of row.querySelectorAll(".verdict")) {
      button.setAttribute("aria-pressed", String(button.dataset.answer === label.answer));
    }
    const events = row.querySelector(".row__events");
    events.hidden = !isKept(label);
    this.#showEvents(events.querySelector(".events"), label);
    const isMoving = label.mid === this.active && this.event;
    const markText = row.querySelector("[data-mark-text]");
    markText.textContent = isMoving ? text("moveMark") : text("mark");
  }

  /** A refused label that is kept after all stands with the others. */
  #placeOf({ kind, answer }) {
    if (kind === "refused" && (answer === "PP" || answer === "PNP")) return PLACES.given;
    const place = PLACES[kind];
    return byId(place) ? place : PLACES.own;
  }

  #make(label) {
    const row = byId("row-template").content.firstElementChild.cloneNode(true);
    row.dataset.mid = label.mid;
    row.setAttribute("aria-label", label.name);
    row.querySelector(".row__name").textContent = label.name;
    row.querySelector(".row__verdicts").setAttribute("aria-label", label.name);
    row.querySelector(".row__origin").textContent = describeOrigin(label);
    showVotes(row.querySelector(".row__votes"), label);
    const mark = row.querySelector("[data-mark]");
    const words = document.createElement("span");
    words.dataset.markText = "";
    mark.firstChild.replaceWith(words, " ");
    this.#keys.show(row);
    row.addEventListener("click", (event) => this.#press(event, label.mid));
    row.addEventListener("keydown", (event) => this.#deleteByKey(event, label.mid));
    return row;
  }

  #press({ target }, mid) {
    const verdict = target.closest(".verdict");
    const event = target.closest("[data-event]");
    const gone = target.closest("[data-unmark]");
    if (verdict) {
      const isSame = this.#pass.get(mid).answer === verdict.dataset.answer;
      this.#pass.setAnswer(mid, isSame ? "" : verdict.dataset.answer);
    } else if (gone) {
      this.#pass.unmark(mid, gone.dataset.unmark);
      this.event = "";
    }
    if (this.#rows.has(mid)) this.goTo(mid, { focus: !target.closest("button") });
    if (event) this.#choose(mid, event.dataset.event);
    if (target.closest("[data-mark]")) this.#deeds.mark(mid);
  }

  #deleteByKey(event, mid) {
    const mark = event.target.closest("[data-event]");
    if (!mark || !["Delete", "Backspace"].includes(event.key)) return;
    event.preventDefault();
    this.#pass.unmark(mid, mark.dataset.event);
    this.event = "";
    this.goTo(mid);
  }

  #choose(mid, uuid) {
    this.event = this.event === uuid ? "" : uuid;
    this.show();
    const event = this.#pass.get(mid).events.find((one) => one.uuid === uuid);
    this.#deeds.choose(this.event ? event : null);
  }

  #showEvents(list, { mid, name, events }) {
    const shown = events.map((event) => this.#drawEvent(event, name, mid));
    const focused = document.activeElement?.dataset.event;
    list.replaceChildren(...shown);
    list.querySelector(`[data-event="${focused}"]`)?.focus({ preventScroll: true });
  }

  #drawEvent({ uuid, onset_s, offset_s }, name, mid) {
    const [from, to] = [shownNumber(onset_s, 2), shownNumber(offset_s, 2)];
    const item = document.createElement("li");
    const play = document.createElement("button");
    Object.assign(play, { type: "button", className: "event", textContent: `${from}–${to} s` });
    play.dataset.event = uuid;
    play.setAttribute("aria-label", text("markOf", { name, from, to }));
    play.setAttribute("aria-pressed", String(uuid === this.event && mid === this.active));
    const gone = document.createElement("button");
    Object.assign(gone, { type: "button", className: "event__delete", textContent: "×" });
    gone.dataset.unmark = uuid;
    gone.setAttribute("aria-label", text("deleteMark", { name, from, to }));
    item.append(play, gone);
    return item;
  }
}

function describeOrigin({ kind, origin, score, state }) {
  const from = origin ? text(`from${origin[0].toUpperCase()}${origin.slice(1)}`) : "";
  if (kind === "own") return text("yours");
  if (kind === "suggested") {
    return score === undefined || score === null ? "" : text("score", { n: Math.round(100 * score) });
  }
  return state === "conflicted" ? `${from} · ${text("conflict")}` : from;
}

function showVotes(place, { answers, n_untrusted: nUntrusted }) {
  if (!answers) return;
  const chips = Object.entries(answers).map(([answer, n]) => {
    const chip = document.createElement("span");
    chip.className = "chip";
    chip.dataset.answer = answer;
    chip.textContent = `${n} ${answer}`;
    return chip;
  });
  const rest = document.createElement("span");
  rest.className = "muted";
  if (!chips.length) rest.textContent = text("noVotes");
  else if (nUntrusted) rest.textContent = text("untrusted", { n: nUntrusted });
  place.replaceChildren(...chips, rest);
}
