/** Two answers of the same person to one recording: says so and offers both. */

import { text } from "./texts.js";

/** What to show of a conflict; calls `choose(true)` where the answer given here shall hold.
 *
 * `n` is the recording's place on the page, 0 for one of an earlier page.
 */
export function bothAnswers({ n, given, saved }, choose) {
  const names = { mine: given || text("noAnswer"), theirs: saved || text("noAnswer") };
  const sentence = document.createElement("span");
  sentence.textContent = text(n ? "conflict" : "conflictBefore", { n, ...names });
  const buttons = ["theirs", "mine"].map((whose) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--small";
    button.dataset.keeps = whose;
    button.textContent = text("keep", { answer: names[whose] });
    button.addEventListener("click", () => choose(whose === "mine"));
    return button;
  });
  return [sentence, ...buttons];
}
