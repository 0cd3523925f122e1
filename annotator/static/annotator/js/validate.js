/** The validation page: joins keys, player, rows and outbox. */

import { ClipRow } from "./clip_row.js";
import { listenToKeys } from "./keys.js";
import { Media } from "./media.js";
import { Outbox, describeOutbox } from "./outbox.js";
import { Player, equalisingGain } from "./player.js";
import { Session } from "./session.js";

const SEEK_S = 1;
const FINE_SEEK_S = 0.1;
const NO_SOUND = "The sound did not load. Press r to try again, or skip it.";

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("page-data").textContent);
const panel = byId("judging");
const outbox = new Outbox(data.user);
const session = new Session(data.clips, data.answers_url, outbox);
const player = new Player();
const media = new Media();
const dots = document.querySelectorAll(".dots li");
const rows = Array.from(document.querySelectorAll(".clip"), (element, i) => {
  return new ClipRow(element, data.clips[i], dots[i]);
});
let hasSaved = false;
let wantsNextPage = false;

async function showActive(shouldPlay) {
  const row = rows[session.active];
  rows.forEach((other) => other !== row && other.isActive && other.deactivate());
  player.unload();
  panel.hidden = false;
  row.activate(panel);
  showAnswers();
  await loadSound(row, shouldPlay);
}

async function loadSound(row, shouldPlay) {
  try {
    const [address, outline] = await Promise.all([media.sound(row.clip), media.outline(row.clip)]);
    row.setOutline(outline);
    if (rows[session.active] !== row) return;
    player.load(row.clip, address, equalisingGain(row.clip.loudness_lufs, outline.peak));
    if (shouldPlay) await player.play();
  } catch {
    row.showSaved("", NO_SOUND);
  }
}

function showAnswers() {
  session.items.forEach((item, i) => rows[i].showAnswer(item.answer));
  for (const button of panel.querySelectorAll("[data-answer]")) {
    const isGiven = button.dataset.answer === session.current?.answer;
    button.setAttribute("aria-pressed", String(isGiven));
  }
  byId("count").textContent = `${session.nAnswered} of ${session.items.length}`;
}

function showPlayer() {
  const row = rows[session.active];
  panel.classList.toggle("is-playing", player.isPlaying);
  panel.querySelector(".transport__label").textContent = player.isPlaying ? "Pause" : "Play";
  panel.querySelector("[data-does=loop]").setAttribute("aria-pressed", String(player.isLooping));
  byId("speed").textContent = `${player.speed}×`;
  row?.showSelection(player.selection);
}

function showTime() {
  const row = rows[session.active];
  if (!row) return;
  row.showTime(player.time);
  byId("now").textContent = player.time.toFixed(1);
  byId("heard").textContent = Math.round(100 * Math.min(1, player.heardFraction(row.clip)));
}

function showOutbox() {
  const [state, sentence] = describeOutbox(outbox, hasSaved);
  const place = byId("saved");
  place.dataset.state = state;
  if (place.textContent !== sentence) place.textContent = sentence;
  if (state === "signed-out") place.append(" · ", signInLink());
  if (wantsNextPage && !outbox.entries.length) window.location.reload();
}

function signInLink() {
  const link = document.createElement("a");
  link.href = `${data.sign_in_url}?next=${encodeURIComponent(window.location.pathname)}`;
  link.textContent = "sign in";
  return link;
}

function followAnswer({ nomination, state, sentence }) {
  const row = rows.find(({ clip }) => clip.nomination === nomination);
  hasSaved ||= state === "saved";
  row?.showSaved(state, sentence);
  if (state === "refused") session.refuse(nomination);
}

function nextPage() {
  if (!session.nAnswered) return say("Answer at least one recording; open ones come again.");
  wantsNextPage = true;
  if (outbox.entries.length) say("The next page opens as soon as your answers are saved.");
  return showOutbox();
}

function say(sentence) {
  byId("said").textContent = sentence;
}

function answer(value) {
  if (!session.current) return;
  const hasMore = session.answer(value, player.heardFraction(session.current.clip));
  say(hasMore ? "" : "All answered. Enter opens the next page; a key changes an answer.");
  if (!hasMore) player.pause();
}

function seekBy(event, sign) {
  player.seek(player.time + sign * (event.shiftKey ? FINE_SEEK_S : SEEK_S));
}

async function restart() {
  const row = rows[session.active];
  if (row.element.querySelector(".clip__problem")) {
    row.showSaved("");
    return loadSound(row, true);
  }
  return player.restart();
}

const deeds = {
  answer,
  restart,
  toggle: () => player.toggle(),
  loop: () => player.toggleLoop(),
  back: (event) => seekBy(event, -1),
  forward: (event) => seekBy(event, 1),
  previous: () => session.step(-1),
  next: () => session.step(1),
  slower: () => player.changeSpeed(-1),
  faster: () => player.changeSpeed(1),
  undo: () => session.undo(),
  faq: () => byId("faq").showModal(),
  help: () => byId("help").showModal(),
  submit: nextPage,
  forget: () => player.select(null),
};

function listen() {
  session.addEventListener("active", () => showActive(navigator.userActivation?.hasBeenActive));
  session.addEventListener("answers", showAnswers);
  session.addEventListener("say", ({ detail }) => say(detail));
  player.addEventListener("state", showPlayer);
  player.addEventListener("time", showTime);
  outbox.addEventListener("answer", ({ detail }) => followAnswer(detail));
  outbox.addEventListener("change", showOutbox);
  rows.forEach(listenToRow);
  panel.addEventListener("click", ({ target }) => press(target.closest("button")));
  byId("open-help").addEventListener("click", deeds.help);
  byId("open-faq").addEventListener("click", deeds.faq);
  byId("next-page").addEventListener("click", nextPage);
  window.addEventListener("resize", () => rows[session.active]?.draw());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    rows[session.active]?.draw();
  });
  listenToKeys(deeds);
}

function listenToRow(row, index) {
  row.addEventListener("choose", () => session.goTo(index));
  row.addEventListener("play", () => (row.isActive ? player.toggle() : session.goTo(index)));
  row.addEventListener("seek", ({ detail }) => player.seek(detail));
  row.addEventListener("select", ({ detail }) => {
    player.select(detail);
    player.restart();
  });
}

function press(button) {
  if (!button) return;
  if (button.dataset.answer) {
    answer(button.dataset.answer);
  } else {
    deeds[button.dataset.does]?.({ shiftKey: false });
  }
  rows[session.active].element.focus({ preventScroll: true });
}

listen();
session.items.forEach((item, i) => item.answer && rows[i].showSaved("waiting"));
session.goTo(Math.max(0, session.items.findIndex((item) => !item.answer)));
media.prefetch(data.clips);
showOutbox();
outbox.drain();
