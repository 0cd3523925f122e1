/** Long lists of boxes to tick: shows those with the letters typed, and those that are ticked. */

function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

for (const filter of document.querySelectorAll("[data-chooser-filter]")) {
  const choices = filter.closest("[data-chooser]").querySelectorAll(".chooser__one");
  filter.addEventListener("input", () => {
    const wanted = plain(filter.value.trim());
    for (const choice of choices) {
      const isTicked = choice.querySelector("input").checked;
      choice.hidden = !isTicked && !plain(choice.textContent).includes(wanted);
    }
  });
  filter.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}
