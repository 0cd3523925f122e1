/** One recording, seen large and played. */

import { ClipView } from "./clip_view.js";
import { Keys } from "./keys.js";
import { Transport } from "./transport.js";

const KEYS = {
  toggle: "Space",
  restart: "r",
  loop: "l",
  back: "ArrowLeft",
  forward: "ArrowRight",
  mark_start: "i",
  mark_end: "o",
  forget: "Escape",
  slower: ",",
  faster: ".",
};

const section = document.getElementById("clip-sound");
const clip = JSON.parse(document.getElementById("clip-data").textContent);
const view = new ClipView(section.querySelector(".clip-view"), clip);
const transport = new Transport(section.querySelector(".transport"), {
  player: view.player,
  view: () => view,
});
const keys = new Keys(KEYS);
keys.show();
keys.listen(transport.deeds);
section.querySelector(".transport").addEventListener("click", (event) => {
  const does = event.target.closest("[data-does]")?.dataset.does;
  transport.deeds[does]?.(event);
});

view.load().catch(() => {
  const lost = section.querySelector("[data-part=lost]");
  lost.textContent = section.dataset.textLost;
  lost.hidden = false;
});
