/** A class's examples: tells the site what was heard of them, and shows when judging is open. */

const HEARD_ENOUGH = 0.8;
const section = document.querySelector("[data-class-sounds]");
const lost = section.querySelector("[data-part=lost]");
const told = new Map();

function headers() {
  const { "X-CSRFToken": token } = JSON.parse(document.body.getAttribute("hx-headers"));
  return { "X-CSRFToken": token };
}

/** Worth telling: enough was heard for the first time, or playing stopped short of it. */
function isNews(clip, fraction) {
  const before = told.get(clip) ?? 0;
  return before < HEARD_ENOUGH && (fraction >= HEARD_ENOUGH || fraction >= before + 0.25);
}

function show(item, fraction) {
  const percent = Math.min(100, Math.floor(100 * fraction));
  const isHeard = fraction >= HEARD_ENOUGH || item.classList.contains("is-heard");
  const part = item.querySelector("[data-part=heard]");
  if (part) part.textContent = isHeard ? section.dataset.textHeard : `${percent} %`;
  return isHeard;
}

async function tell(item, clip, fraction) {
  const body = new URLSearchParams({ clip, fraction: fraction.toFixed(3) });
  const response = await fetch(section.dataset.heardAddress, {
    method: "POST",
    headers: headers(),
    body,
  });
  if (response.redirected) return location.reload();
  if (!response.ok) throw new Error(await response.text());
  if (fraction >= HEARD_ENOUGH) item.classList.add("is-heard");
  document.getElementById("gate").innerHTML = await response.text();
  lost.hidden = true;
  return undefined;
}

async function hear({ detail: { clip, fraction } }) {
  const item = section.querySelector(`[data-clip="${clip}"]`);
  if (!item || !section.dataset.judges) return;
  show(item, fraction);
  if (!isNews(clip, fraction)) return;
  const before = told.get(clip);
  told.set(clip, fraction);
  try {
    await tell(item, clip, fraction);
  } catch {
    told.set(clip, before ?? 0);
    lost.textContent = section.dataset.textLost;
    lost.hidden = false;
  }
}

section.addEventListener("harken:heard", hear);
