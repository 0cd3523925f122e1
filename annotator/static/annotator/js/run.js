/** A run's page: its plots, and while it goes on, how far it is every three seconds. */

import { drawFigure, drawFigures } from "./figures.js";

const EVERY_MS = 3000;

const now = () => document.getElementById("now");

/** Ask how far it is, unless nobody looks; the server's answer ends the asking. */
function refresh() {
  if (document.hidden) return;
  now()?.dispatchEvent(new CustomEvent("harken:refresh"));
}

function redrawCurves() {
  const place = document.getElementById("curves");
  const source = document.getElementById("curves-figure");
  if (place && source) drawFigure(place, JSON.parse(source.textContent));
}

drawFigures();
if (now()) {
  const timer = setInterval(() => (now() ? refresh() : clearInterval(timer)), EVERY_MS);
  document.addEventListener("visibilitychange", refresh);
  document.body.addEventListener("htmx:afterSettle", redrawCurves);
}
