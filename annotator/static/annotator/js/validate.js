/** The validation page: joins keys, player, rows and outbox. */

import { AnswersWay } from "./answers_way.js";
import { CommentLine, ReportSheet } from "./asides.js";
import { KeySheet } from "./key_sheet.js";
import { Keys, signOf } from "./keys.js";
import { media } from "./media.js";
import { Outbox } from "./outbox.js";
import { PageOfClips } from "./page_of_clips.js";
import { PagesAhead } from "./pages_ahead.js";
import { Player } from "./player.js";
import { Preferences } from "./preferences.js";
import { SavedLine } from "./saved_line.js";
import { Session } from "./session.js";
import { SignInHere } from "./sign_in_here.js";
import { setVolume } from "./sound_output.js";
import { text } from "./texts.js";
import { Transport } from "./transport.js";

const N_READY = 3;

const byId = (id) => document.getElementById(id);
const readJson = (id) => JSON.parse(byId(id).textContent);
const data = readJson("page-data");
const preferences = new Preferences(readJson("preferences"));
const panel = byId("judging");
const places = { list: byId("clips"), dots: document.querySelector(".dots"), count: byId("count") };
const outbox = new Outbox(data.user);
const pagesAhead = new PagesAhead(data);
const player = new Player();
setVolume(preferences.volume);
player.setSpeed(preferences.speed);
const keys = new Keys(preferences.keys);
const keySheet = new KeySheet(byId("help"), keys, preferences);
const signInHere = new SignInHere(byId("sign-in-here"), () => outbox.retryNow());
const savedLine = new SavedLine(byId("saved"), outbox, () => signInHere.open());
const transport = new Transport(panel.querySelector(".transport"), {
  player,
  view: () => page.active.view,
  onVolume: (volume) => preferences.saveSoon({ volume }, sayNotKept),
});
const commentLine = new CommentLine(byId("comment"), panel.querySelector("[data-does=comment]"), {
  keep: (words) => say(text(session.comment(words) ? "commentWithAnswer" : "commentKept")),
  leave: giveKeysBack,
});
const reportSheet = new ReportSheet(byId("report"), (reason, words) => {
  session.report(reason, words);
  say(text("reported", { n: session.active + 1 }));
});
let session = null;
let page = null;
let wantsNextPage = false;
const answersWay = new AnswersWay(outbox, () => page, byId("notices"));

function open(pageData) {
  page?.end();
  session = new Session(pageData, outbox);
  session.addEventListener("active", () => showActive(navigator.userActivation?.hasBeenActive));
  session.addEventListener("answers", showAnswers);
  session.addEventListener("say", ({ detail }) => say(detail));
  page = new PageOfClips(session, places, {
    player,
    choose: (index) => session.goTo(index),
    play: (index) => (index === session.active ? player.toggle() : session.goTo(index)),
  });
  session.goTo(session.firstOpen);
  media.prefetch(session.upcoming);
}

function showActive(shouldPlay) {
  commentLine.close();
  page.activate(panel);
  showAnswers();
  return loadSound(page.active, shouldPlay);
}

async function loadSound(row, shouldPlay) {
  const loaded = row.view.load();
  if (shouldPlay) player.play();
  try {
    await loaded;
    await makeReady();
  } catch {
    if (row === page.active) player.unload();
    row.showProblem(text("noSound"));
  }
}

/** Decode what comes next at the present speed, this page's and the first of the next. */
function makeReady() {
  const next = pagesAhead.next?.clips.slice(0, 1) ?? [];
  return media.ready([...session.upcoming.slice(0, N_READY), ...next], player.speed);
}

function showAnswers() {
  page.show();
  for (const button of panel.querySelectorAll("[data-answer]")) {
    const isGiven = button.dataset.answer === session.current?.answer;
    button.setAttribute("aria-pressed", String(isGiven));
  }
  byId("next-now").hidden = !session.isComplete;
}

function answer(value) {
  const { clip } = session.current;
  const heard = { fraction: player.heardFraction(clip), gain_db: player.gain_db };
  const hasMore = session.answer(value, heard);
  say(hasMore ? "" : text("allAnswered", { key: signOf(keys.keys.submit) }));
  if (!hasMore) player.pause();
  pagesAhead.fetchNext().then(makeReady);
}

function nextPage() {
  if (!session.nAnswered && !session.isComplete) return say(text("nextNeeds"));
  if (pagesAhead.next) return turnPage();
  wantsNextPage = true;
  if (outbox.waiting.length) say(text("nextWaits"));
  return reloadWhenSaved();
}

function reloadWhenSaved() {
  if (wantsNextPage && !outbox.waiting.length) reload();
}

/** Go over to the page that is here already; what waits in the outbox goes out all the same. */
function turnPage() {
  const next = pagesAhead.turn(session.isComplete);
  byId("n-after")?.remove();
  player.unload();
  say("");
  open(next);
  window.scrollTo({ top: 0 });
}

async function reload() {
  wantsNextPage = false;
  if (!session.isComplete) await pagesAhead.release();
  window.location.reload();
}

function restart() {
  if (player.clip) return player.restart();
  page.active.showProblem("");
  return loadSound(page.active, true);
}

function changeSpeed(deed) {
  deed();
  preferences.saveSoon({ speed: player.speed }, sayNotKept);
  makeReady();
}

function say(sentence) {
  byId("said").textContent = sentence;
}

function sayNotKept(reason) {
  say(text("notKept", { reason }));
}

/** The keys go to the active recording again. */
function giveKeysBack() {
  page.active.element.focus({ preventScroll: true });
}

const deeds = {
  ...transport.deeds,
  restart,
  slower: () => changeSpeed(transport.deeds.slower),
  faster: () => changeSpeed(transport.deeds.faster),
  previous: () => session.step(-1),
  next: () => session.step(1),
  undo: () => session.undo(),
  comment: () => commentLine.toggle(session.current.comment),
  report: () => reportSheet.open(),
  faq: () => byId("faq").showModal(),
  help: () => keySheet.open(),
  submit: nextPage,
  answer_pp: () => answer("PP"),
  answer_pnp: () => answer("PNP"),
  answer_np: () => answer("NP"),
  answer_u: () => answer("U"),
};

function press(button) {
  if (!button?.dataset.does) return;
  deeds[button.dataset.does]({ shiftKey: false });
  if (!document.querySelector("dialog[open], #comment:not([hidden])")) giveKeysBack();
}

/** Going elsewhere by a link of the page gives its seats back; a closed tab may come again. */
function leaveByLink({ target }) {
  const link = target.closest("a[href]");
  if (link && !link.target && !link.hash) pagesAhead.release();
}

/** What this browser could not keep would be lost with the page: it asks before it goes. */
function askBeforeLosing(event) {
  if (outbox.isForgetful) event.preventDefault();
}

outbox.addEventListener("change", reloadWhenSaved);
window.addEventListener("beforeunload", askBeforeLosing);
panel.addEventListener("click", ({ target }) => press(target.closest("button")));
byId("open-help").addEventListener("click", deeds.help);
byId("open-faq").addEventListener("click", deeds.faq);
byId("next-page").addEventListener("click", nextPage);
document.addEventListener("click", leaveByLink);
open(data);
keys.show();
keys.listen(deeds);
answersWay.showKept();
savedLine.show();
outbox.drain();
