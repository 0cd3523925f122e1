/** The ontology at hand: search as one types, paths, children. Works without the server.
 *
 * The search finds what `domain.ontology.class_search` finds, in the same order; a test compares.
 */

const MOST_WORDS = 8;
const MOST_PATHS = 4;

export class ClassIndex {
  #classes = [];
  #byMid = new Map();
  #children = new Map();

  /** `classes` as the site sends them: by name, each with `mid`, `name`, `synonyms`, `parents`, … */
  constructor(classes) {
    this.#classes = classes.map((one) => ({
      ...one,
      words: {
        name: wordsOf(one.name),
        synonyms: one.synonyms.flatMap(wordsOf),
        description: wordsOf(one.description),
      },
    }));
    for (const one of this.#classes) this.#byMid.set(one.mid, one);
    for (const one of this.#classes) {
      for (const parent of one.parents) {
        if (!this.#children.has(parent)) this.#children.set(parent, []);
        this.#children.get(parent).push(one);
      }
    }
  }

  get(mid) {
    return this.#byMid.get(mid);
  }

  get roots() {
    return this.#classes.filter((one) => one.parents.length === 0);
  }

  childrenOf({ mid }) {
    return this.#children.get(mid) ?? [];
  }

  /** Classes in which every word of `query` begins a word: by name, then synonym, then description. */
  find(query) {
    const wanted = wordsOf(query).slice(0, MOST_WORDS);
    if (!wanted.length) return [];
    return this.#classes
      .map((one) => ({ one, place: placeOf(wanted, one.words) }))
      .filter(({ place }) => place !== null)
      .sort((a, b) => a.place - b.place)
      .map(({ one }) => one);
  }

  /** Paths from a root down to the class, both included, shortest first; a few of them. */
  pathsTo(one) {
    const found = [];
    let level = [[one]];
    while (level.length && found.length < MOST_PATHS) {
      const higher = [];
      for (const path of level) {
        const above = path[0].parents.map((mid) => this.get(mid)).filter(Boolean);
        if (!above.length) found.push(path);
        above.forEach((parent) => higher.push([parent, ...path]));
      }
      level = higher;
    }
    return found.slice(0, MOST_PATHS);
  }
}

/** The words of a text as they are compared: lower case, without accents. */
export function wordsOf(text) {
  const plain = text.toLowerCase().replaceAll("ß", "ss").normalize("NFKD").replace(/\p{M}/gu, "");
  return plain.match(/[\p{L}\p{N}]+/gu) ?? [];
}

function placeOf(wanted, { name, synonyms, description }) {
  if (name.join(" ") === wanted.join(" ")) return 0;
  if (allBegin(wanted, name)) return name[0].startsWith(wanted[0]) ? 1 : 2;
  const known = [...name, ...synonyms];
  if (allBegin(wanted, known)) return 3;
  return allBegin(wanted, [...known, ...description]) ? 4 : null;
}

function allBegin(wanted, words) {
  return wanted.every((piece) => words.some((word) => word.startsWith(piece)));
}
