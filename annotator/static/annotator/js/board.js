/** The board keeps itself up to date while it is looked at, and prints its figures in ink. */

import { drawFigure, drawFigures } from "./figures.js";

const EVERY_MS = 15_000;
const PRINT = { ink: "#16181d", grid: "#c4c6ca" };
const live = document.getElementById("live");

const figures = () => [...document.querySelectorAll("[data-figure]")];

function redraw() {
  for (const place of figures()) {
    const source = document.getElementById(place.dataset.figure);
    if (source) drawFigure(place, JSON.parse(source.textContent));
  }
}

/** What is being read or typed is left alone until one is done. */
function isInUse() {
  const active = document.activeElement;
  return active !== document.body && document.getElementById("main").contains(active);
}

function refresh() {
  if (document.hidden || isInUse()) return;
  live.dispatchEvent(new CustomEvent("harken:refresh"));
}

function printInInk() {
  for (const place of figures()) {
    window.Plotly.relayout(place, {
      "font.color": PRINT.ink,
      "xaxis.gridcolor": PRINT.grid,
      "yaxis.gridcolor": PRINT.grid,
      "xaxis.color": PRINT.ink,
      "yaxis.color": PRINT.ink,
    });
  }
}

drawFigures();
live.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.successful) redraw();
});
setInterval(refresh, EVERY_MS);
document.addEventListener("visibilitychange", refresh);
window.addEventListener("beforeprint", printInInk);
window.addEventListener("afterprint", redraw);
