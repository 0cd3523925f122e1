/** The rules of one class as chips: alternatives, the words each needs, and vetoes.
 *
 * Fires "change" (detail `{former}`) whenever they are others than before. Enter or a comma takes
 * what was typed, "+" joins words of one alternative, Backspace in an empty field removes the last
 * chip before it.
 */

import { fill, text } from "./texts.js";

const clean = (word) => word.trim().replace(/\s+/g, " ");
const split = (typed, by) => typed.split(by).map(clean).filter(Boolean);

export class RuleEditor extends EventTarget {
  #rules;
  #lists = {};
  #typing = {};

  constructor({ keywords, vetoes }) {
    super();
    this.#rules = structuredClone({ keywords, vetoes });
    this.#lists = {
      alternatives: document.getElementById("alternatives"),
      vetoes: document.getElementById("vetoes"),
    };
    this.#typing = {
      alternative: document.getElementById("new-alternative"),
      veto: document.getElementById("new-veto"),
    };
    this.#listenTo(this.#typing.alternative, () => this.#addAlternatives(), () => this.#dropAlternative());
    this.#listenTo(this.#typing.veto, () => this.#addVetoes(), () => this.#dropVeto());
    this.#show();
  }

  get rules() {
    return structuredClone(this.#rules);
  }

  /** The element of each alternative, in order. */
  get rows() {
    return [...this.#lists.alternatives.children];
  }

  /** Replace all rules, as undo does. */
  restore(rules) {
    this.#become(structuredClone(rules));
  }

  /** Take what was typed and not yet entered, in any field. */
  takeTyped() {
    for (const input of document.querySelectorAll(".chip-input")) {
      if (clean(input.value)) input.dispatchEvent(new CustomEvent("take"));
    }
  }

  focus() {
    this.#typing.alternative.focus();
  }

  #become(rules, focus = null) {
    const former = this.#rules;
    if (JSON.stringify(former) === JSON.stringify(rules)) return;
    this.#rules = rules;
    this.#show();
    focus?.()?.focus();
    this.dispatchEvent(new CustomEvent("change", { detail: { former } }));
  }

  #edit(deed, focus) {
    const rules = this.rules;
    deed(rules);
    rules.keywords = rules.keywords.filter((words) => words.length);
    this.#become(rules, focus);
  }

  #addAlternatives() {
    const input = this.#typing.alternative;
    const added = split(input.value, ",").map((item) => split(item, "+")).filter((words) => words.length);
    input.value = "";
    this.#edit(({ keywords }) => {
      const known = new Set(keywords.map((words) => JSON.stringify(words)));
      keywords.push(...added.filter((words) => !known.has(JSON.stringify(words))));
    }, () => input);
  }

  #addVetoes() {
    const input = this.#typing.veto;
    const added = split(input.value, ",");
    input.value = "";
    this.#edit(({ vetoes }) => {
      vetoes.push(...added.filter((word) => !vetoes.includes(word)));
    }, () => input);
  }

  #addWords(index, input) {
    const added = split(input.value, /[,+]/);
    input.value = "";
    this.#edit(({ keywords }) => {
      keywords[index].push(...added.filter((word) => !keywords[index].includes(word)));
    }, () => this.rows[index]?.querySelector(".chip-input"));
  }

  #dropAlternative() {
    this.#edit(({ keywords }) => keywords.pop(), () => this.#typing.alternative);
  }

  #dropVeto() {
    this.#edit(({ vetoes }) => vetoes.pop(), () => this.#typing.veto);
  }

  #dropWord(index, position) {
    const isLast = this.#rules.keywords[index].length === 1;
    this.#edit(({ keywords }) => keywords[index].splice(position, 1), () =>
      isLast ? this.#typing.alternative : this.rows[index].querySelector(".chip-input"),
    );
  }

  #listenTo(input, take, drop) {
    input.addEventListener("take", take);
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter" || event.key === ",") {
        event.preventDefault();
        if (clean(input.value)) take();
      } else if (event.key === "Backspace" && !input.value) {
        event.preventDefault();
        drop();
      } else if (event.key === "Escape") {
        input.value = "";
        input.blur();
      }
    });
    input.addEventListener("input", (event) => {
      // A phone's keyboard tells no key for its comma.
      if (input.value.includes(",") && !event.isComposing) take();
    });
  }

  #show() {
    const { keywords, vetoes } = this.#rules;
    this.#lists.alternatives.replaceChildren(...keywords.map((words, index) => this.#row(words, index)));
    this.#lists.vetoes.querySelectorAll(".chip").forEach((chip) => chip.remove());
    const chips = vetoes.map((word, position) =>
      this.#chip(word, () => this.#edit((rules) => rules.vetoes.splice(position, 1), () => this.#typing.veto)),
    );
    this.#lists.vetoes.prepend(...chips);
  }

  #row(words, index) {
    const row = document.getElementById("alternative").content.firstElementChild.cloneNode(true);
    row.setAttribute("aria-label", text("alternative", { n: index + 1, words: words.join(" + ") }));
    const line = row.querySelector(".chip-line");
    line.prepend(...words.map((word, position) => this.#chip(word, () => this.#dropWord(index, position))));
    const input = row.querySelector(".chip-input");
    this.#listenTo(input, () => this.#addWords(index, input), () => this.#dropWord(index, words.length - 1));
    return row;
  }

  #chip(word, remove) {
    const chip = document.getElementById("chip").content.firstElementChild.cloneNode(true);
    chip.querySelector(".chip__word").textContent = word;
    const button = chip.querySelector("button");
    button.setAttribute("aria-label", fill(text("remove"), { word }));
    button.addEventListener("click", remove);
    button.addEventListener("keydown", (event) => {
      if (["Backspace", "Delete"].includes(event.key)) remove();
    });
    return chip;
  }
}
