/** Draws the figures that the server describes, in the page's own colours and type. */

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const drawn = new Map();

/** Draw a figure `{data, layout}` into `element`; again to replace it. */
export function drawFigure(element, figure) {
  drawn.set(element, figure);
  const { data, layout = {} } = structuredClone(figure);
  window.Plotly.react(element, data, withTheme(layout), { displayModeBar: false, responsive: true });
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

function axisColours() {
  const line = token("--line");
  return { gridcolor: line, zerolinecolor: line, linecolor: line, color: token("--muted") };
}
