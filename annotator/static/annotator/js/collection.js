/** The collection page: its figures, and its open runs followed every two seconds. */

import { drawFigure, drawFigures } from "./figures.js";

const EVERY_MS = 2000;

async function follow(table) {
  const response = await fetch(table.dataset.follow);
  if (!response.ok || response.redirected) return;
  const { runs, curves, is_open: isOpen } = await response.json();
  const place = document.getElementById("curves");
  if (runs.some(hasMoved) || (curves && !place) || !isOpen) {
    window.location.reload();
    return;
  }
  runs.forEach(showRun);
  if (curves && place) drawFigure(place, curves);
}

function rowOf({ uuid }) {
  return document.querySelector(`[data-run="${uuid}"]`);
}

function hasMoved(run) {
  return rowOf(run)?.dataset.state !== run.state;
}

function showRun(run) {
  const row = rowOf(run);
  const bar = row.querySelector("progress");
  if (!bar) return;
  bar.max = run.total || 1;
  bar.value = run.done;
  row.querySelector("[data-part=stage]").textContent = run.stage;
  row.querySelector("[data-part=how-far]").textContent = run.how_far;
}

async function followAgainAndAgain(table) {
  await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  try {
    if (!document.hidden) await follow(table);
  } catch {
    /* The site does not answer just now: ask again. */
  }
  followAgainAndAgain(table);
}

drawFigures();
const table = document.querySelector("[data-follow]");
if (table) followAgainAndAgain(table);
