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

  function sortBy(table, column, isAscending) {
    const key = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent;
    const rows = Array.from(table.tBodies[0].rows);
    const sign = isAscending ? 1 : -1;
    rows.sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      const numbers = Number(x) - Number(y);
      return sign * (Number.isNaN(numbers) ? x.localeCompare(y) : numbers);
    });
    table.tBodies[0].append(...rows);
    for (const head of table.tHead.rows[0].cells) head.removeAttribute("aria-sort");
    const order = isAscending ? "ascending" : "descending";
    table.tHead.rows[0].cells[column].setAttribute("aria-sort", order);
  }
  for (const table of document.querySelectorAll("table[data-sortable]")) {
    Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
      head.querySelector("button").addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        sortBy(table, column, before ? before === "descending" : column === 0);
      });
    });
  }
  for (const input of document.querySelectorAll("[data-filters]")) {
    const table = document.getElementById(input.dataset.filters);
    const count = input.closest(".filter").querySelector("output");
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      const rows = Array.from(table.tBodies[0].rows);
      for (const row of rows) {
        row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
      }
      count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
    });
  }

  // One player at a time.
  document.addEventListener("play", (event) => {
    for (const other of document.querySelectorAll("audio")) {
      if (other !== event.target) other.pause();
    }
  }, true);

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
