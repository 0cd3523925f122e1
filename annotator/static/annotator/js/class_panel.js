/** The ontology beside the labels: search with results as paths, a class chosen, the tree. */

import { startSmallPlayers } from "./small_player.js";
import { text } from "./texts.js";

const MOST_RESULTS = 30;
const HOVER_MS = 250;
const byId = (id) => document.getElementById(id);

export class ClassPanel {
  #finder;
  #labelled;
  #add;
  #results = [];
  #at = -1;
  #chosen = null;
  #hover = null;
  #search = byId("search");
  #list = byId("results");

  /** `labelled(mid)` says what is said of a class; `add(one, answer)` adds it. */
  constructor(finder, { labelled, add, leave }) {
    this.#finder = finder;
    this.#labelled = labelled;
    this.#add = add;
    this.leave = leave;
    this.#listen();
    this.#drawTree();
    this.#showResults(); // of what was typed before the classes were there
  }

  /** Whether keys go to a class that was chosen, not to the labels. */
  get isChosen() {
    return this.#chosen !== null && byId("chosen").contains(document.activeElement);
  }

  /** Add the chosen class with this answer. */
  addChosen(answer) {
    if (!this.#chosen || this.#chosen.is_abstract) return;
    const one = this.#chosen;
    this.close();
    this.#search.value = "";
    this.#showResults();
    this.#add(one, answer);
  }

  close() {
    this.#chosen = null;
    byId("chosen").hidden = true;
    byId("tree").hidden = this.#search.value.trim() !== "";
    this.#showResults();
  }

  #listen() {
    this.#search.addEventListener("input", () => {
      this.#chosen = null;
      byId("chosen").hidden = true;
      this.#at = -1;
      this.#showResults();
    });
    this.#search.addEventListener("keydown", (event) => this.#walk(event));
    this.#list.addEventListener("click", ({ target }) => {
      this.choose(target.closest("[data-mid]")?.dataset.mid);
    });
    byId("chosen-close").addEventListener("click", () => this.#leaveChosen());
    byId("chosen").addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#leaveChosen();
    });
    byId("chosen-add").addEventListener("click", ({ target }) => {
      const answer = target.closest("[data-add]")?.dataset.add;
      if (answer) this.addChosen(answer);
    });
    byId("chosen").addEventListener("click", ({ target }) => {
      this.choose(target.closest("[data-choose]")?.dataset.choose);
    });
    byId("tree").addEventListener("click", ({ target }) => this.#pressTree(target));
    this.#listenToHover(byId("chosen-compare"));
  }

  #walk(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (steps && this.#results.length) {
      event.preventDefault();
      const n = this.#results.length;
      this.#at = this.#at < 0 && steps < 0 ? n - 1 : (this.#at + steps + n) % n;
      this.#showActive();
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.choose(this.#results[Math.max(0, this.#at)]?.mid);
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (this.#search.value) {
        this.#search.value = "";
        this.#showResults();
      } else {
        this.leave();
      }
    }
  }

  #leaveChosen() {
    const hasQuery = this.#search.value.trim() !== "";
    this.close();
    if (hasQuery) this.#search.focus();
    else this.leave();
  }

  #showResults() {
    const query = this.#search.value.trim();
    this.#results = this.#finder.find(query).slice(0, MOST_RESULTS);
    const isShown = query !== "" && !this.#chosen;
    this.#list.hidden = !isShown;
    byId("tree").hidden = isShown || this.#chosen !== null;
    this.#search.setAttribute("aria-expanded", String(isShown && this.#results.length > 0));
    this.#list.replaceChildren(...this.#results.map((one, i) => this.#drawResult(one, i)));
    const n = this.#results.length;
    byId("n-results").textContent = isShown ? (n ? text("results", { n }) : text("noResults")) : "";
    if (isShown && !n) {
      const none = document.createElement("li");
      none.className = "results__none muted";
      none.textContent = text("noResults");
      this.#list.append(none);
    }
    this.#showActive();
  }

  #drawResult(one, i) {
    const item = document.createElement("li");
    Object.assign(item, { id: `result-${i}`, className: "result" });
    item.setAttribute("role", "option");
    item.dataset.mid = one.mid;
    const name = piece("span", "result__name", one.name);
    const paths = this.#finder.pathsTo(one).map((path) => {
      return piece("span", "result__path", path.slice(0, -1).map((c) => c.name).join(" › "));
    });
    item.append(name, ...this.#tags(one), ...paths);
    return item;
  }

  #tags(one) {
    const tags = [];
    const said = this.#labelled(one.mid);
    if (one.is_abstract) tags.push(piece("span", "tag", text("group")));
    if (said) {
      const chip = piece("span", "chip", said);
      chip.dataset.answer = said;
      tags.push(chip);
    }
    return tags;
  }

  #showActive() {
    const items = this.#list.querySelectorAll("[role=option]");
    items.forEach((item, i) => item.setAttribute("aria-selected", String(i === this.#at)));
    if (items[this.#at]) {
      this.#search.setAttribute("aria-activedescendant", items[this.#at].id);
      items[this.#at].scrollIntoView({ block: "nearest" });
    } else {
      this.#search.removeAttribute("aria-activedescendant");
    }
  }

  /** Show a class: what it is, where it stands, and what to compare it with. */
  choose(mid) {
    const one = mid && this.#finder.get(mid);
    if (!one) return;
    this.#chosen = one;
    this.#list.hidden = true;
    byId("tree").hidden = true;
    this.#search.setAttribute("aria-expanded", "false");
    byId("chosen").hidden = false;
    byId("chosen-name").replaceChildren(one.name, ...this.#tags(one));
    byId("chosen-what").textContent = one.description;
    byId("chosen-what").hidden = !one.description;
    byId("chosen-paths").replaceChildren(...this.#drawPaths(one));
    byId("chosen-add").hidden = one.is_abstract;
    byId("chosen-note").textContent = one.synonyms.length
      ? text("also", { words: one.synonyms.join(", ") })
      : "";
    byId("chosen").focus({ preventScroll: true });
    this.#compare(one);
  }

  #drawPaths(one) {
    return this.#finder.pathsTo(one).map((path) => {
      const line = document.createElement("p");
      for (const above of path.slice(0, -1)) {
        const step = piece("button", "chosen__step", above.name);
        step.type = "button";
        step.dataset.choose = above.mid;
        line.append(step, " › ");
      }
      line.append(piece("span", "", one.name));
      return line;
    });
  }

  async #compare(one) {
    const place = byId("chosen-compare");
    place.replaceChildren();
    place.setAttribute("aria-busy", "true");
    const found = await fetchText(one.compare_url);
    if (this.#chosen !== one) return;
    place.setAttribute("aria-busy", "false");
    if (found === null) {
      place.replaceChildren(piece("p", "muted", text("noComparison")));
      return;
    }
    const parsed = new DOMParser().parseFromString(found, "text/html");
    place.replaceChildren(...parsed.body.children);
    startSmallPlayers(place);
  }

  /** Pointing at a relative plays it for as long as one points; keys play it by its button. */
  #listenToHover(place) {
    const stop = () => {
      clearTimeout(this.#hover?.timer);
      if (this.#hover?.isPlaying) this.#playOf(this.#hover.row, false);
      this.#hover = null;
    };
    place.addEventListener("pointerover", ({ target, pointerType }) => {
      const row = target.closest("[data-compare]");
      if (pointerType !== "mouse" || row === this.#hover?.row) return;
      stop();
      if (!row || target.closest(".small-player")) return;
      const hover = { row, isPlaying: false };
      hover.timer = setTimeout(() => {
        hover.isPlaying = true;
        this.#playOf(row, true);
      }, HOVER_MS);
      this.#hover = hover;
    });
    place.addEventListener("pointerleave", stop);
    place.addEventListener("click", ({ target }) => {
      if (target.closest(".small-player__play")) this.#hover = null;
    });
  }

  #playOf(row, shouldPlay) {
    const player = row.querySelector(".small-player");
    const isPlaying = player?.classList.contains("is-playing");
    if (player && isPlaying !== shouldPlay) player.querySelector(".small-player__play").click();
  }

  #drawTree() {
    byId("tree").replaceChildren(this.#branch(this.#finder.roots));
  }

  #branch(classes) {
    const list = document.createElement("ul");
    list.className = "branch";
    for (const one of classes) {
      const item = document.createElement("li");
      const below = this.#finder.childrenOf(one);
      if (below.length) {
        const opener = piece("button", "branch__open", "");
        opener.type = "button";
        opener.dataset.open = one.mid;
        opener.setAttribute("aria-expanded", "false");
        opener.setAttribute("aria-label", text("opens", { name: one.name }));
        item.append(opener);
      }
      const name = piece("button", "branch__name", one.name);
      name.type = "button";
      name.dataset.choose = one.mid;
      item.append(name);
      if (below.length) item.append(piece("span", "branch__n muted number", below.length));
      list.append(item);
    }
    return list;
  }

  #pressTree(target) {
    const opener = target.closest("[data-open]");
    if (!opener) return this.choose(target.closest("[data-choose]")?.dataset.choose);
    const isOpen = opener.getAttribute("aria-expanded") === "true";
    opener.setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) return opener.parentElement.querySelector(".branch")?.remove();
    const below = this.#finder.childrenOf(this.#finder.get(opener.dataset.open));
    return opener.parentElement.append(this.#branch(below));
  }
}

function piece(tag, className, words) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = words;
  return element;
}

async function fetchText(url) {
  try {
    const response = await fetch(url, { redirect: "manual" });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}
