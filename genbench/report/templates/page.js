"use strict";
// Sorting moves a run's tbody (its row and what it opens to) among those of its kind: trained or calibration.
const table = document.getElementById("scores");
const heads = [...table.tHead.rows[0].cells];
const divider = table.querySelector(".divider");

function compare(column, sign) {
  const text = (body) => body.rows[0].cells[column]?.dataset.value ?? "";
  return (one, other) => {
    const [a, b] = [text(one), text(other)];
    if (a === "" || b === "") return (a === "") - (b === ""); // what is missing comes last, whichever way
    return sign * (column === 0 ? a.localeCompare(b, "en", { numeric: true }) : a - b);
  };
}

function sort(column) {
  const head = heads[column];
  const first = head.dataset.better === "higher" ? "descending" : "ascending"; // the best value on top
  const second = first === "ascending" ? "descending" : "ascending";
  const order = head.getAttribute("aria-sort") === first ? second : first;
  heads.forEach((other) => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", order);
  const by = compare(column, order === "ascending" ? 1 : -1);
  const sorted = (kind) => [...table.querySelectorAll(`tbody.${kind}`)].sort(by);
  table.append(...sorted("trained"), ...(divider ? [divider] : []), ...sorted("calibration"));
}

function open(body, wanted) {
  const button = body.querySelector("[aria-expanded]");
  const state = wanted ?? button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", state);
  body.querySelector(".detail").classList.toggle("open", state);
}

function openTarget() {
  const body = document.getElementById(location.hash.slice(1));
  if (!body?.matches("tbody.run")) return;
  open(body, true);
  body.scrollIntoView();
  body.querySelector("[aria-expanded]").focus({ preventScroll: true });
}

heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => sort(column)));
table.addEventListener("click", (event) => {
  const row = event.target.closest("tr.row");
  if (row && String(getSelection()) === "") open(row.parentElement);
});
addEventListener("hashchange", openTarget);
openTarget();
