/** The rows of one page and their progress: in step with a session's answers. */

import { ClipRow, blankRow } from "./clip_row.js";
import { text } from "./texts.js";

export class PageOfClips {
  #places;
  #letGo = new AbortController();

  /** `places` are the elements `{list, dots, count}`; rows that stand there already are taken over.
   *
   * `choose(index)` is called for a strip that was clicked, `play(index)` for its button.
   */
  constructor(session, places, { player, choose, play }) {
    this.session = session;
    this.#places = places;
    const total = session.items.length;
    if (places.list.childElementCount !== total || places.list.dataset.isUsed) this.#build();
    places.list.dataset.isUsed = "yes";
    this.rows = Array.from(places.list.children, (element, i) => {
      const place = { n: i + 1, total };
      const shared = { player, place, signal: this.#letGo.signal };
      const row = new ClipRow(element, session.items[i].clip, places.dots.children[i], shared);
      row.addEventListener("choose", () => choose(i));
      row.addEventListener("play", () => play(i));
      return row;
    });
    this.show();
  }

  get active() {
    return this.rows[this.session.active];
  }

  /** The row of a nomination, or undefined where it is not on this page. */
  rowOf(nomination) {
    return this.rows[this.session.indexOf(nomination)];
  }

  /** Make the active recording's row tall, with `panel` in it. */
  activate(panel) {
    this.rows.forEach((row) => row !== this.active && row.isActive && row.deactivate());
    panel.hidden = false;
    this.active.activate(panel);
  }

  show() {
    const { items, nAnswered } = this.session;
    items.forEach((item, i) => this.rows[i].showAnswer(item.answer));
    this.#places.count.textContent = text("count", { n: nAnswered, total: items.length });
  }

  /** Let go of the player; the rows are about to be replaced. */
  end() {
    this.#letGo.abort();
  }

  #build() {
    const { list, dots } = this.#places;
    const total = this.session.items.length;
    const rows = this.session.items.map(({ clip }, i) => blankRow(clip, { n: i + 1, total }));
    list.replaceChildren(...rows);
    dots.replaceChildren(...rows.map(() => document.createElement("li")));
  }
}
