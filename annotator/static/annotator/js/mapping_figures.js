/** The figures of a trial: what would come, go and stay, and how precise it is. */

import { text } from "./texts.js";

const language = document.documentElement.lang || "en";
const whole = new Intl.NumberFormat(language, { useGrouping: "always" });
const percent = (share) => whole.format(Math.round(100 * share));
const byId = (id) => document.getElementById(id);

/** Show a trial as the site tells it; `rows` are the editor's alternatives, in order. */
export function showTrial(trial, rows) {
  for (const name of ["added", "withdrawn", "kept"]) {
    const place = byId(`n-${name}`);
    place.textContent = whole.format(trial[`n_${name}`]);
    place.dataset.any = trial[`n_${name}`] > 0;
  }
  showPrecision(trial);
  byId("notes").textContent = notes(trial).join(" · ");
  trial.alternatives.forEach((alternative, index) => showAlternative(rows[index], alternative));
}

function showPrecision({ precision, n_clips: nClips }) {
  const isKnown = precision.share !== null;
  byId("precision").textContent = isKnown ? text("share", { share: percent(precision.share) }) : "–";
  const told = isKnown ? [interval(precision), text("rated", counted(precision.n_rated, nClips))] : [];
  byId("precision-note").textContent = isKnown ? told.join(", ") : text("unrated");
  drawGauge(byId("gauge"), precision);
}

function interval({ low, high }) {
  return text("interval", { low: percent(low), high: percent(high) });
}

function counted(n, clips) {
  return { n: whole.format(n), clips: whole.format(clips) };
}

function notes(trial) {
  const shown = [["unsure", trial.n_unsure], ["heldAnyway", trial.n_held_anyway], ["implied", trial.n_implied], ["vetoed", trial.n_vetoed]];
  const told = shown.filter(([, n]) => n).map(([name, n]) => text(name, { n: whole.format(n) }));
  return [text("searched", { n: whole.format(trial.n_indexed) }), ...told];
}

function showAlternative(row, { n_clips: nClips, n_matched: nMatched, precision }) {
  if (!row) return;
  const hear = row.querySelector(".alternative__hear");
  const clips = whole.format(nClips);
  const matched = whole.format(nMatched);
  const name = nMatched > nClips ? "speaksOf" : nClips === 1 ? "speaksOne" : "speaks";
  hear.textContent = text(name, { clips, matched });
  hear.title = text("matched", { matched, clips });
  const share = row.querySelector(".alternative__share");
  const isKnown = precision.share !== null;
  share.textContent = isKnown ? text("share", { share: percent(precision.share) }) : "";
  share.title = isKnown ? `${interval(precision)}, ${text("rated", counted(precision.n_rated, nClips))}` : "";
  drawGauge(row.querySelector(".gauge"), precision);
}

function drawGauge(gauge, { share, low, high }) {
  gauge.dataset.known = share !== null;
  for (const [name, value] of Object.entries({ share: share ?? 0, low, high })) {
    gauge.style.setProperty(`--${name}`, value);
  }
}
