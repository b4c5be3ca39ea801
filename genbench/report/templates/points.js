// A chart is one stop of the tab key; arrow keys go from point to point, from left to right.
for (const chart of document.querySelectorAll(".scatter svg[role=group]")) {
  const left = (point) => point.getBoundingClientRect().left;
  const ordered = [...chart.querySelectorAll("a")];
  const stop = (point) => ordered.forEach((other) => other.setAttribute("tabindex", other === point ? 0 : -1));
  stop(ordered[0]);
  chart.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const shown = ordered.filter((point) => !point.matches(".out")).sort((a, b) => left(a) - left(b));
    const next = shown.at((shown.indexOf(event.target.closest("a")) + step) % shown.length);
    stop(next);
    next.focus();
  });
}

