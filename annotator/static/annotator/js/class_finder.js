/** The page of classes: the search a key away, results by arrows, branches folded and unfolded. */

const search = document.getElementById("class-search");
const RESULTS = ".class-row__name, .tree__name";

function isTyping({ target }) {
  return target.closest("input, textarea, select, [contenteditable]") !== null;
}

function toggle(fold) {
  const below = fold.closest(".tree__branch").querySelector(":scope > .tree__below");
  const isOpen = fold.getAttribute("aria-expanded") === "true";
  fold.setAttribute("aria-expanded", String(!isOpen));
  if (below) below.hidden = isOpen;
}

/** From the search down into what was found, and back up. */
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const links = Array.from(document.querySelectorAll(RESULTS)).filter((link) => link.checkVisibility());
  const at = links.indexOf(document.activeElement);
  const isInSearch = document.activeElement === search;
  if (!step || (at < 0 && !(isInSearch && step > 0))) return;
  event.preventDefault();
  (links[at + step] ?? (at === 0 ? search : null))?.focus();
}

document.addEventListener("click", ({ target }) => {
  const fold = target.closest(".tree__fold");
  if (fold) toggle(fold);
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !isTyping(event)) {
    event.preventDefault();
    search.focus();
    search.select();
  } else {
    walk(event);
  }
});
