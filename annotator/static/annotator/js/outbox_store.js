/** Where the outbox keeps its entries: one item of localStorage each, so that two tabs that write
 * at once cannot lose one; in memory where the browser keeps nothing. */

export class OutboxStore {
  #prefix;
  #memory = new Map();
  #n = 0;

  constructor(prefix) {
    this.#prefix = `${prefix}.`;
  }

  /** Whether something is only in this page's memory. */
  get isForgetful() {
    return this.#memory.size > 0;
  }

  /** All entries, oldest first. */
  get entries() {
    const all = new Map(this.#memory);
    for (const name of this.#names()) all.set(name, localStorage.getItem(name));
    const found = [];
    for (const [name, text] of [...all].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const entry = parse(text);
      if (entry) found.push({ ...entry, name });
    }
    return found;
  }

  /** Keep an entry behind all others and return it with its name. */
  add(entry) {
    this.#n += 1;
    const order = `${String(Date.now()).padStart(15, "0")}.${String(this.#n).padStart(6, "0")}`;
    const name = `${this.#prefix}${order}.${entry.body.idempotency_key}`;
    this.#set(name, entry);
    return { ...entry, name };
  }

  /** Keep an entry again, changed, in its place. */
  replace({ name, ...entry }) {
    this.#set(name, entry);
  }

  remove({ name }) {
    this.#memory.delete(name);
    try {
      localStorage.removeItem(name);
    } catch {
      /* Storage is forbidden: it was in memory only. */
    }
  }

  #set(name, entry) {
    const text = JSON.stringify(entry);
    try {
      localStorage.setItem(name, text);
      this.#memory.delete(name);
    } catch {
      this.#memory.set(name, text); // full or forbidden: as long as this page lives
    }
  }

  #names() {
    try {
      return Object.keys(localStorage).filter((name) => name.startsWith(this.#prefix));
    } catch {
      return [];
    }
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
