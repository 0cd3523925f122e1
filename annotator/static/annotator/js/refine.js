/** The refinement page: joins the recording, the labels, the ontology and the outbox. */

import { ClassIndex } from "./class_index.js";
import { ClassPanel } from "./class_panel.js";
import { signOf } from "./keys.js";
import { ListeningBench, openOutbox, readJson } from "./listening_bench.js";
import { RefinePass, isKept } from "./refine_pass.js";
import { RefineRows } from "./refine_rows.js";
import { text } from "./texts.js";

const MORE_KEYS = { search: "/", mark: "m" };
const MOST_NAMED = 4;
const LANES = 4;

const byId = (id) => document.getElementById(id);
const data = readJson("page-data");
const outbox = openOutbox(data.user);
const pass = new RefinePass(data, outbox);
const bench = new ListeningBench(data.clip, { moreKeys: MORE_KEYS, say });
const rows = new RefineRows(pass, bench.keys, {
  mark,
  choose: playMark,
  activated: showMarks,
});
let panel = null;

function say(sentence) {
  byId("said").textContent = sentence;
}

function showMarks() {
  const shown = pass.kept.flatMap((label, lane) => label.events.map((event) => ({ label, lane, event })));
  bench.view.setMarks(
    shown.map(({ label, event }) => ({
      start_s: event.onset_s,
      end_s: event.offset_s,
      label: label.name,
      kind: label.mid === rows.active ? "active" : "other",
    })),
  );
  Array.from(bench.view.marks.children).forEach((mark, i) => {
    mark.dataset.lane = shown[i].lane % LANES;
  });
}

function showEnding() {
  const { open } = pass;
  const names = open.slice(0, MOST_NAMED).map(({ name }) => name).join("; ");
  const shown = open.length > MOST_NAMED ? `${names}; …` : names;
  const which = ["openNone", "openOne"][open.length] ?? "openMany";
  byId("open-labels").textContent = text(which, { names: shown, n: open.length });
  byId("ending").dataset.open = open.length;
  byId("finish").hidden = pass.isCertified;
  byId("finish").toggleAttribute("aria-disabled", open.length > 0);
  byId("certified").hidden = !pass.isCertified;
}

/** Mark the selected part for a label; with one of its marks chosen, move that one there. */
function mark(mid = rows.active) {
  const label = pass.get(mid);
  if (!label || !isKept(label)) return say(text("markNeedsLabel"));
  const { selection } = bench.view;
  if (!selection) {
    const sign = (name) => signOf(bench.keys.keys[name]);
    return say(text("markNeedsSelection", { start: sign("mark_start"), end: sign("mark_end") }));
  }
  pass.mark(mid, selection, rows.event || undefined);
  rows.event = "";
  rows.goTo(mid);
  bench.player.pause();
  return bench.view.setSelection(null);
}

function playMark(event) {
  bench.view.setSelection(event && { start_s: event.onset_s, end_s: event.offset_s });
  if (event) bench.player.restart();
}

function judge(answer) {
  if (panel?.isChosen) {
    if (answer !== "NP") panel.addChosen(answer);
    return;
  }
  const label = pass.get(rows.active);
  if (!label) return;
  const wasOpen = !label.answer;
  pass.setAnswer(label.mid, answer);
  if (wasOpen) rows.goToNextOpen();
}

function add(one, answer) {
  pass.setAnswer(one.mid, answer, one.name);
  rows.goTo(one.mid);
}

function finish() {
  const [first] = pass.open;
  if (first) return rows.goTo(first.mid);
  pass.finish();
  return say(outbox.waiting.length ? text("finishWaits") : "");
}

/** Begin with what is to be judged: open labels, then what a model suspects. */
function goToFirst() {
  const suspected = pass.labels.filter(({ kind, answer }) => kind === "suggested" && !answer);
  const [first] = [...pass.open, ...suspected, ...pass.labels];
  if (first) rows.goTo(first.mid);
}

/** Other parts of the page keep clear of the recording, however high it is. */
function tellHeight() {
  const { offsetHeight } = byId("hear");
  document.documentElement.style.setProperty("--hear", `${offsetHeight}px`);
}

async function loadClasses() {
  const response = await fetch(data.classes_url);
  const { classes } = await response.json();
  panel = new ClassPanel(new ClassIndex(classes), {
    labelled: (mid) => pass.get(mid)?.answer ?? "",
    add,
    leave: () => rows.goTo(rows.active),
  });
}

const deeds = {
  ...bench.deeds,
  previous: () => rows.step(-1),
  next: () => rows.step(1),
  undo: () => pass.undo(),
  help: () => byId("help").showModal(),
  search: () => byId("search").select(),
  mark: () => mark(),
  submit: () => pass.isCertified && byId("to-next")?.requestSubmit(),
  answer_pp: () => judge("PP"),
  answer_pnp: () => judge("PNP"),
  answer_np: () => judge("NP"),
};

pass.addEventListener("say", ({ detail }) => say(detail));
pass.addEventListener("change", () => [showMarks(), showEnding()]);
pass.addEventListener("finished", () => window.location.reload());
pass.addEventListener("left", () => window.location.assign(data.start_url));
byId("finish").addEventListener("click", finish);
byId("leave")?.addEventListener("click", () => pass.leave());
history.scrollRestoration = "manual"; // begin at what is to be judged, also after the end of a pass
new ResizeObserver(tellHeight).observe(byId("hear"));
bench.listen(deeds);
showEnding();
goToFirst();
loadClasses();
outbox.drain();
