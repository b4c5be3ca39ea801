"use strict";
// Sorting moves a run's tbody (its row and what it opens to) among those of its kind, which follow a divider.
const table = document.getElementById("scores");
const heads = [...table.tHead.rows[0].cells];
const bodies = [...table.querySelectorAll("tbody.run")];
const groups = [[]];
for (const body of table.tBodies) {
  if (body.matches(".divider")) groups.push([body]);
  else groups.at(-1).push(body);
}

function compare(column, sign) {
  const text = (body) => body.rows[0].cells[column]?.dataset.value ?? "";
  return (first, second) => {
    const [a, b] = [text(first), text(second)];
    if (a === "" || b === "") return (a === "") - (b === ""); // what is missing comes last, whichever way
    return sign * (column === 0 ? a.localeCompare(b, "en", { numeric: true }) : a - b);
  };
}

function sort(column, wanted) {
  const head = heads[column];
  const first = head.dataset.better === "higher" ? "descending" : "ascending"; // the best value on top
  const second = first === "ascending" ? "descending" : "ascending";
  const order = wanted ?? (head.getAttribute("aria-sort") === first ? second : first);
  heads.forEach((other) => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", order);
  const by = compare(column, order === "ascending" ? 1 : -1);
  for (const group of groups) {
    const rows = group.filter((body) => body.matches(".run"));
    table.append(...group.filter((body) => !rows.includes(body)), ...rows.sort(by));
  }
}

// The other kind of weights has columns of its own; the order moves to the column of the same pair.
function switchWeights() {
  const old = heads.findIndex((head) => head.hasAttribute("aria-sort"));
  const kind = document.getElementById("weights-best").checked ? "best-weights" : "final-weights";
  const now = heads.findIndex((head) => head.dataset.column === heads[old].dataset.column && head.matches(`.${kind}`));
  if (now >= 0 && now !== old) sort(now, heads[old].getAttribute("aria-sort"));
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
for (const input of document.getElementsByName("weights")) input.addEventListener("change", switchWeights);
table.addEventListener("click", (event) => {
  const row = event.target.closest("tr.row");
  if (row && String(getSelection()) === "") open(row.parentElement);
});

// Filters hide trained rows and the points of those; calibration rows stay, because they show what the numbers mean.
const find = document.getElementById("find");
const clear = document.getElementById("clear");
const found = document.getElementById("found");
const families = [...document.querySelectorAll(".families input")];
const points = new Map(bodies.map((body) => [body.id, []]));
for (const point of document.querySelectorAll(".scatter a")) points.get(point.getAttribute("href").slice(1)).push(point);
const words = new Map(
  bodies.map((body) => [body, `${body.querySelector("th").textContent} ${body.querySelector(".options").textContent}`.toLowerCase()]),
);

function filter() {
  const asked = find.value.toLowerCase().split(/\s+/);
  const wanted = families.filter((box) => box.checked).map((box) => box.value);
  let count = 0;
  for (const body of bodies.filter((row) => !row.matches(".calibration"))) {
    const fits = (!wanted.length || wanted.includes(body.dataset.family)) && asked.every((word) => words.get(body).includes(word));
    body.classList.toggle("out", !fits);
    for (const point of points.get(body.id)) point.classList.toggle("out", !fits);
    count += fits;
  }
  for (const [divider, ...rows] of groups.slice(1)) divider.classList.toggle("out", rows.every((row) => row.matches(".out")));
  found.value = `${count} of ${found.dataset.all} runs`;
  clear.disabled = count === Number(found.dataset.all);
}

clear.addEventListener("click", () => {
  find.value = "";
  for (const box of families) box.checked = false;
  filter();
  find.focus();
});
for (const input of [find, ...families]) input.addEventListener("input", filter);

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

addEventListener("hashchange", openTarget);
openTarget();
