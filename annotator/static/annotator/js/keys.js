/** Which key does what. Keys with a modifier other than shift are left to the browser. */

const ANSWERS = { 1: "PP", 2: "PNP", 3: "NP", 4: "U" };
const DEEDS = {
  " ": "toggle",
  r: "restart",
  l: "loop",
  ArrowLeft: "back",
  ArrowRight: "forward",
  ArrowUp: "previous",
  ArrowDown: "next",
  ",": "slower",
  ".": "faster",
  z: "undo",
  f: "faq",
  "?": "help",
  Enter: "submit",
  Escape: "forget",
};

/** Call `deeds[name](event)` or `deeds.answer(value)` for each key that has a meaning here. */
export function listenToKeys(deeds) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isElsewhere(event)) return;
    const answer = ANSWERS[event.key];
    const deed = DEEDS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!answer && !deed) return;
    event.preventDefault();
    if (event.repeat && !["back", "forward"].includes(deed)) return;
    if (answer) deeds.answer(answer);
    else deeds[deed](event);
  });
}

/** Typing, an open sheet, and Enter or space on a focused control belong to the browser. */
function isElsewhere(event) {
  if (document.querySelector("dialog[open]")) return true;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return true;
  return [" ", "Enter"].includes(event.key) && event.target.closest("button, a") !== null;
}
