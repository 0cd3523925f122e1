"use strict";
(function () {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const places = Array.from(document.querySelectorAll("[data-figure]"));
  const config = { displayModeBar: false, responsive: true };
  function theme() {
    const style = getComputedStyle(document.documentElement);
    const token = (name) => style.getPropertyValue(name).trim();
    return {
      ink: token("--muted"), grid: token("--grid"), line: token("--line"),
      raised: token("--raised"), strong: token("--ink"),
    };
  }
  function dressed(layout) {
    const colours = theme();
    const copy = structuredClone(layout);
    copy.font.color = colours.ink;
    if (innerWidth < 500) copy.font.size = 11;
    copy.hoverlabel = { ...copy.hoverlabel, bgcolor: colours.raised, bordercolor: colours.line };
    copy.hoverlabel.font = { ...copy.hoverlabel.font, color: colours.strong };
    for (const [name, axis] of Object.entries(copy)) {
      if (/^[xy]axis\d*$/.test(name)) {
        axis.gridcolor = colours.grid;
        axis.linecolor = colours.line;
      }
    }
    return copy;
  }
  function draw() {
    for (const place of places) {
      const figure = figures[place.dataset.figure];
      Plotly.react(place, figure.data, dressed(figure.layout), config);
    }
  }
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  addEventListener("beforeprint", () => {
    document.documentElement.dataset.printing = "";
    document.querySelectorAll("details").forEach((d) => { d.open = true; });
    draw();
    places.forEach((place) => Plotly.Plots.resize(place));
  });
  addEventListener("afterprint", () => {
    delete document.documentElement.dataset.printing;
    draw();
  });
})();
