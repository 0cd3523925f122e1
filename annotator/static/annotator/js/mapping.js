/** The mapping console: edit rules, hear and rate what they would bring, apply, undo. */

import { showTrial } from "./mapping_figures.js";
import { MappingSample } from "./mapping_sample.js";
import { post } from "./requests.js";
import { RuleEditor } from "./rule_editor.js";
import { text } from "./texts.js";

const WAIT_MS = 250;
const MOST_SEEDS = 2 ** 31 - 1;
const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("console-data").textContent);
const inForce = JSON.stringify({ keywords: data.keywords, vetoes: data.vetoes });
const found = document.querySelector(".found");
const editor = new RuleEditor(data);
const sample = new MappingSample();
const undoable = [];

let seed = newSeed();
let only = null;
let asked = 0;
let waiting = null;
let isBusy = false;

function newSeed() {
  return Math.floor(Math.random() * MOST_SEEDS);
}

/** POST and return what came back; a refusal is shown and gives null. */
async function send(url, body = {}) {
  try {
    const { response, data: told } = await post(url, body);
    byId("problem").textContent = response.ok ? "" : (told?.error ?? text("offline"));
    return response.ok ? told : null;
  } catch {
    byId("problem").textContent = text("offline");
    return null;
  }
}

async function tryRules({ withSample }) {
  const number = ++asked;
  found.dataset.busy = true;
  if (!sample.rows.length) byId("notes").textContent = text("reading");
  const body = { ...editor.rules, ...(withSample ? { seed, only } : {}) };
  const trial = await send(data.urls.trial, body);
  if (number !== asked) return;
  delete found.dataset.busy;
  if (!trial) return;
  showTrial(trial, editor.rows);
  if (withSample) sample.show(trial.sample);
}

function trySoon() {
  clearTimeout(waiting);
  waiting = setTimeout(() => tryRules({ withSample: true }), WAIT_MS);
}

function showState() {
  const isSame = JSON.stringify(editor.rules) === inForce;
  byId("apply").disabled = isSame || isBusy;
  byId("reset").disabled = isSame || isBusy;
  byId("undo").disabled = !undoable.length || isBusy;
  byId("state").textContent = text(isSame ? "same" : "changed");
  byId("all-alternatives").hidden = only === null;
  editor.rows.forEach((row, index) => {
    row.dataset.hears = index === only;
    row.querySelector(".alternative__hear").setAttribute("aria-pressed", index === only);
  });
}

function hearOnly(index) {
  only = index;
  seed = newSeed();
  showState();
  tryRules({ withSample: true });
}

async function saveRating(row, rating) {
  const { clip, words } = row.dataset;
  const saved = await send(data.urls.rating, { clip, rating, words: JSON.parse(words) });
  if (!saved) return false;
  tryRules({ withSample: false });
  if (sample.isRated) byId("state").textContent = text("heardAll");
  return true;
}

function undo() {
  undoable.pop()?.();
  showState();
}

async function follow(revision) {
  const began = performance.now();
  const already = revision.n_done;
  let at = revision;
  isBusy = true;
  showState();
  byId("progress").hidden = false;
  while (at && !at.is_finished) {
    showProgress(at, (performance.now() - began) / 1000, already);
    at = await send(at.follow);
  }
  byId("progress").hidden = true;
  isBusy = false;
  if (!at) return showState();
  sessionStorage.setItem("harken.mapping.told", text("applied", { added: at.n_added, withdrawn: at.n_withdrawn }));
  return window.location.reload();
}

function showProgress({ n_clips: nClips, n_done: nDone }, seconds, already) {
  const bar = byId("progress").querySelector("progress");
  bar.max = nClips || 1;
  bar.value = nDone;
  const rate = (nDone - already) / Math.max(seconds, 0.1);
  const left = rate ? Math.ceil((nClips - nDone) / rate) : "…";
  byId("state").textContent = text("applying", { n: nClips, done: nDone, left });
}

async function apply() {
  editor.takeTyped();
  byId("apply").disabled = true;
  const revision = await send(data.urls.apply, { ...editor.rules, known: data.known });
  if (revision) await follow(revision);
  else showState();
}

editor.addEventListener("change", ({ detail: { former } }) => {
  only = null;
  if (!editor.isUndoing) undoable.push(() => {
    editor.isUndoing = true;
    editor.restore(former);
    editor.isUndoing = false;
  });
  showState();
  trySoon();
});

sample.addEventListener("rate", async ({ detail: { row, former, rating } }) => {
  if (!(await saveRating(row, rating))) return sample.mark(row, former);
  undoable.push(() => {
    sample.mark(row, former);
    saveRating(row, former);
  });
  return showState();
});

byId("apply").addEventListener("click", apply);
byId("undo").addEventListener("click", undo);
byId("reset").addEventListener("click", () => editor.restore(JSON.parse(inForce)));
byId("reshuffle").addEventListener("click", () => hearOnly(only));
byId("all-alternatives").addEventListener("click", () => hearOnly(null));
byId("alternatives").addEventListener("click", ({ target }) => {
  const row = target.closest(".alternative__hear")?.closest(".alternative");
  if (!row) return;
  const index = editor.rows.indexOf(row);
  hearOnly(index === only ? null : index);
});
document.addEventListener("click", async ({ target }) => {
  const url = target.closest("[data-undo]")?.dataset.undo;
  const revision = url ? await send(url) : null;
  if (revision) await follow(revision);
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, [role=slider]")) return;
  if (["Enter", " "].includes(event.key) && event.target.closest("button, a, summary")) return;
  const deeds = { r: () => hearOnly(only), z: undo, "/": () => editor.focus() };
  const deed = deeds[event.key.toLowerCase()];
  if (deed) deed();
  if (deed || sample.press(event.key)) event.preventDefault();
});

showState();
const told = sessionStorage.getItem("harken.mapping.told");
if (told) {
  sessionStorage.removeItem("harken.mapping.told");
  byId("state").textContent = told;
}
if (data.follow) send(data.follow).then((revision) => revision && follow(revision));
else tryRules({ withSample: true });
