// Says how long a challenge is still open, in the page's language; without it the date stands there.
const STEPS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

function say(place, words) {
  const left = Math.max(0, (new Date(place.dateTime) - Date.now()) / 1000);
  const [unit, seconds] = STEPS.find(([, size]) => left >= 2 * size) ?? STEPS.at(-1);
  place.textContent = words.format(Math.floor(left / seconds), unit);
  return left;
}

for (const place of document.querySelectorAll("[data-countdown]")) {
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
  place.title = place.textContent;
  const clock = setInterval(() => {
    if (say(place, words) === 0) {
      clearInterval(clock);
    }
  }, 1000);
  say(place, words);
}
