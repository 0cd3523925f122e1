/** Which key does what, as this person chose. Keys with a modifier other than shift are left alone.
 *
 *     const keys = new Keys({ toggle: "Space", … });
 *     keys.listen({ toggle: (event) => …, … });
 */

const SLIDER_KEYS = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"]);
const REPEATING = new Set(["back", "forward", "quieter", "louder"]);
const SIGNS = { Space: document.body.dataset.keySpace ?? "␣", Escape: "Esc", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };
/** Keys beside each other on many keyboards, of which one needs shift. */
const SAME = { "=": "+", _: "-" };

/** A key's name as it is kept: lower case, "Space" for the space bar. */
export function keyOf(event) {
  if (event.key === " ") return "Space";
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

/** How a key is shown to people. */
export function signOf(key) {
  return SIGNS[key] ?? key;
}

/** Event: "change" once keys were given other meanings. */
export class Keys extends EventTarget {
  constructor(keys) {
    super();
    this.keys = keys;
  }

  /** The action a key stands for, or undefined. */
  actionOf(key) {
    const entries = Object.entries(this.keys);
    const find = (wanted) => entries.find(([, own]) => own === wanted)?.[0];
    return find(key) ?? find(SAME[key]);
  }

  change(keys) {
    this.keys = keys;
    this.show();
    this.dispatchEvent(new Event("change"));
  }

  /** Write each action's key wherever the page names it (`[data-key=action]`). */
  show(root = document) {
    for (const element of root.querySelectorAll("[data-key]")) {
      element.textContent = signOf(this.keys[element.dataset.key]);
      element.closest("[data-does]")?.setAttribute("aria-keyshortcuts", this.keys[element.dataset.key]);
    }
  }

  /** Call `deeds[action](event)` for each key that has a meaning here. */
  listen(deeds) {
    document.addEventListener("keydown", (event) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const key = keyOf(event);
      const action = this.actionOf(key);
      if (!deeds[action] || belongsElsewhere(event, key)) return;
      event.preventDefault();
      if (event.repeat && !REPEATING.has(action)) return;
      deeds[action](event);
    });
  }
}

/** Typing, an open sheet, a slider's arrows, and Enter or space on a control are the browser's. */
function belongsElsewhere({ target }, key) {
  if (document.querySelector("dialog[open]")) return true;
  if (target.closest("input[type=range]")) return SLIDER_KEYS.has(key);
  if (target.closest("input, textarea, select, [contenteditable]")) return true;
  return ["Space", "Enter"].includes(key) && target.closest("button, a, summary") !== null;
}
