/** The adjudication page: one conflict, one answer, one reason, next. */

import { ListeningBench, openOutbox, readJson } from "./listening_bench.js";
import { text } from "./texts.js";

const byId = (id) => document.getElementById(id);
const data = readJson("page-data");
const outbox = openOutbox(data.user);
let answer = "";
let isSent = false;

function say(sentence) {
  byId("said").textContent = sentence;
}

function choose(value) {
  answer = value;
  for (const button of document.querySelectorAll(".ruling__answer")) {
    button.setAttribute("aria-pressed", String(button.dataset.answer === value));
  }
  say("");
  byId("reason").focus();
}

function decide(event) {
  event.preventDefault();
  const reason = byId("reason").value.trim();
  if (isSent) return undefined;
  if (!answer) return say(text("needsAnswer"));
  if (!reason) {
    byId("reason").focus();
    return say(text("needsReason"));
  }
  isSent = true;
  outbox.add(data.decisions_url, { nomination: data.nomination, answer, reason });
  return say(text("decisionKept"));
}

function takeBack() {
  if (!data.last || isSent) return say(text("nothingToUndo"));
  isSent = true;
  outbox.add(data.decisions_url, { withdraw: data.last.uuid });
  return say(text("withdrawing"));
}

/** Once the site has it: on to the next conflict, or back to the one that is open again. */
function follow({ entry, state, sentence }) {
  if (entry.url !== data.decisions_url) return;
  if (state === "saved") {
    window.location.assign(entry.body.withdraw ? data.last.url : data.next_url);
  } else if (state === "refused") {
    isSent = false;
    say(text("refused", { reason: sentence }));
  }
}

function listenToRuling() {
  byId("ruling").addEventListener("submit", decide);
  byId("ruling").addEventListener("click", ({ target }) => {
    const reason = target.closest("[data-reason]")?.dataset.reason;
    if (!reason) return;
    byId("reason").value = reason;
    byId("reason").focus();
  });
  byId("reason").addEventListener("keydown", (event) => {
    if (event.key === "Escape") byId("reason").blur();
  });
}

outbox.addEventListener("entry", ({ detail }) => follow(detail));
if (data.clip) {
  const bench = new ListeningBench(data.clip, { say });
  bench.view.setMarks(data.marks.map((mark) => ({ ...mark, kind: "other" })));
  listenToRuling();
  bench.listen({
    ...bench.deeds,
    undo: takeBack,
    answer_pp: () => choose("PP"),
    answer_pnp: () => choose("PNP"),
    answer_np: () => choose("NP"),
    answer_u: () => choose("U"),
  });
} else {
  document.querySelector("[data-does=undo]")?.addEventListener("click", takeBack);
}
outbox.drain();
