/** The sample: one clip is active; a key rates it and goes on.
 *
 * Fires "rate" (detail `{row, former, rating}`; rating null takes it back).
 */

const RATINGS = { 1: "present", 2: "absent", 3: "unsure" };

export class MappingSample extends EventTarget {
  #place = document.getElementById("sample");

  constructor() {
    super();
    this.#place.addEventListener("click", ({ target }) => {
      const row = target.closest(".drawn");
      if (row) this.#activate(row, { scroll: false });
      const button = target.closest("[data-rate]");
      if (button) this.rate(row, row.dataset.rating === button.dataset.rate ? null : button.dataset.rate);
    });
    this.#place.addEventListener("focusin", ({ target }) => {
      const row = target.closest(".drawn");
      if (row) this.#activate(row, { scroll: false });
    });
  }

  get rows() {
    return [...this.#place.querySelectorAll(".drawn")];
  }

  get active() {
    return this.#place.querySelector(".drawn.is-active");
  }

  get isRated() {
    return this.rows.length > 0 && this.rows.every((row) => row.dataset.rating);
  }

  /** Show other clips; the first unrated one is active. */
  show(html) {
    this.#place.innerHTML = html;
    this.#place.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true }));
    const first = this.rows.find((row) => !row.dataset.rating) ?? this.rows[0];
    if (first) this.#activate(first, { scroll: false });
  }

  /** Rate a row, null for no rating. */
  rate(row, rating) {
    const former = row.dataset.rating || null;
    if (former === rating) return;
    this.mark(row, rating);
    this.dispatchEvent(new CustomEvent("rate", { detail: { row, former, rating } }));
  }

  /** Show a rating without telling anyone. */
  mark(row, rating) {
    row.dataset.rating = rating ?? "";
    for (const button of row.querySelectorAll("[data-rate]")) {
      button.setAttribute("aria-pressed", String(button.dataset.rate === rating));
    }
  }

  /** Do what a key means here; returns whether it meant something. */
  press(key) {
    const row = this.active;
    if (!row) return false;
    if (RATINGS[key]) {
      this.rate(row, RATINGS[key]);
      this.#step(1);
    } else if (key === "ArrowDown" || key === "ArrowUp") {
      this.#step(key === "ArrowDown" ? 1 : -1);
    } else if (key === " ") {
      this.#pauseOthers(row);
      row.querySelector(".small-player__play").click();
    } else return false;
    return true;
  }

  #step(by) {
    const { rows } = this;
    const next = rows[rows.indexOf(this.active) + by];
    if (!next) return;
    this.#pauseOthers(next);
    this.#activate(next, { scroll: true });
    if (by > 0) next.querySelector(".small-player__play").dispatchEvent(new PointerEvent("pointerenter"));
  }

  #pauseOthers(row) {
    for (const player of this.#place.querySelectorAll(".small-player.is-playing")) {
      if (!row.contains(player)) player.querySelector(".small-player__play").click();
    }
  }

  #activate(row, { scroll }) {
    this.rows.forEach((other) => other.classList.toggle("is-active", other === row));
    if (scroll) row.scrollIntoView({ block: "nearest" });
  }
}
