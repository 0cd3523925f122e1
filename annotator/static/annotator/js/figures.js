/** Draws the figures that the server describes, in the page's own colours and type. */

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const drawn = new Map();

/** Draw a figure `{data, layout}` into `element`; again to replace it. */
export function drawFigure(element, figure) {
  drawn.set(element, figure);
  const { data, layout = {} } = structuredClone(figure);
  const config = { displayModeBar: false, responsive: true, locale: locale() };
  window.Plotly.react(element, data, withTheme(layout), config);
}

/** Draw every `[data-figure]` of the page from the JSON it names. */
export function drawFigures() {
  for (const element of document.querySelectorAll("[data-figure]")) {
    drawFigure(element, JSON.parse(document.getElementById(element.dataset.figure).textContent));
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    drawn.forEach((figure, element) => drawFigure(element, figure));
  });
}

function withTheme(layout) {
  const themed = {
    ...layout,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { ...layout.font, family: token("--sans"), color: token("--ink"), size: 13 },
    hoverlabel: { bgcolor: token("--raised"), font: { color: token("--ink") } },
    template: undefined,
    autosize: true,
    width: undefined,
    title: undefined,
  };
  for (const name of Object.keys(layout).filter((key) => /^[xy]axis/.test(key))) {
    const title = { ...layout[name].title, font: { size: 13, color: token("--muted") } };
    themed[name] = { ...layout[name], ...axisColours(), title };
  }
  return themed;
}

/** The page's language for Plotly: the names of months and days, and the signs within numbers. */
function locale() {
  const name = document.documentElement.lang || "en";
  if (name === "en") return name; // Plotly's own, on which it falls back for whatever others lack
  const named = (option, dates) => {
    const { format } = new Intl.DateTimeFormat(name, { ...option, timeZone: "UTC" });
    return dates.map((date) => format(date));
  };
  const months = [...Array(12).keys()].map((month) => Date.UTC(2023, month, 1));
  const days = [...Array(7).keys()].map((day) => Date.UTC(2023, 0, 1 + day)); // from a Sunday
  const signs = new Intl.NumberFormat(name).formatToParts(12345678.5);
  const format = {
    months: named({ month: "long" }, months),
    shortMonths: named({ month: "short" }, months),
    days: named({ weekday: "long" }, days),
    shortDays: named({ weekday: "short" }, days),
    decimal: signs.find(({ type }) => type === "decimal").value,
    thousands: signs.find(({ type }) => type === "group").value,
  };
  window.Plotly.register({ moduleType: "locale", name, dictionary: {}, format });
  return name;
}

function axisColours() {
  const line = token("--line");
  return { gridcolor: line, zerolinecolor: line, linecolor: line, color: token("--muted") };
}
