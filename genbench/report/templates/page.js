// Sorting moves a run's tbody (its row and what it opens to) among those of its kind, which follow a divider.
const table = document.getElementById("scores");
const heads = [...table.tHead.rows[0].cells];
const bodies = [...table.querySelectorAll("tbody.run")];
const nameOf = (body) => body.rows[0].cells[0].dataset.value;
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

function sort(column, way) {
  heads.forEach((other) => other.removeAttribute("aria-sort"));
  heads[column].setAttribute("aria-sort", way);
  const by = compare(column, way === "ascending" ? 1 : -1);
  for (const group of groups) {
    const rows = group.filter((body) => body.matches(".run"));
    table.append(...group.filter((body) => !rows.includes(body)), ...rows.sort(by));
  }
}

// The first press of a heading brings the best value to the top, the next one the worst.
function press(column) {
  const head = heads[column];
  const first = head.dataset.better === "higher" ? "descending" : "ascending";
  const second = first === "ascending" ? "descending" : "ascending";
  sort(column, head.getAttribute("aria-sort") === first ? second : first);
  rememberOrder();
}

// The heading that orders the table, and how; the order it came with is not worth an address.
const order = () => {
  const head = heads.find((each) => each.hasAttribute("aria-sort"));
  return [head.dataset.column, head.getAttribute("aria-sort")];
};
const initial = order();
const rememberOrder = () => remember("sort", `${order()}` === `${initial}` ? [] : order());
heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => press(column)));

// Each kind of weights has columns of its own; the order moves to the column of the same pair.
const best = document.getElementById("weights-best");
const shown = (name) => {
  const hidden = best?.checked ? "final-weights" : "best-weights";
  return heads.findIndex((head) => head.dataset.column === name && !head.matches(`.${hidden}`));
};
for (const input of document.getElementsByName("weights")) {
  input.addEventListener("change", () => {
    const [name, way] = order();
    if (shown(name) >= 0) sort(shown(name), way);
    fit();
    remember("weights", best.checked ? ["best"] : []);
  });
}

// The head of a table that fits stays at the window's edge; that of a wider one, which scrolls in its box, at the box's.
const box = table.parentElement;
const fit = () => box.classList.toggle("fits", table.offsetWidth <= box.clientWidth);
addEventListener("resize", fit);
fit();

function open(body, wanted) {
  body.querySelector("[aria-expanded]").setAttribute("aria-expanded", wanted);
  body.querySelector(".detail").classList.toggle("open", wanted);
}

const isOpen = (body) => body.querySelector("[aria-expanded]").getAttribute("aria-expanded") === "true";
const rememberOpen = () => remember("open", bodies.filter(isOpen).map(nameOf));
table.addEventListener("click", (event) => {
  const body = event.target.closest("tr.row")?.parentElement;
  if (!body || String(getSelection()) !== "" || event.target.closest(".larger")) return;
  open(body, !isOpen(body));
  rememberOpen();
});

addEventListener("restore", () => {
  document.getElementById(recalled("weights").includes("best") ? "weights-best" : "weights-final")?.click();
  const [name, way] = shown(recalled("sort")[0]) < 0 ? initial : recalled("sort");
  if (`${order()}` !== `${[name, way]}`) sort(shown(name), way === "descending" ? way : "ascending");
  for (const body of bodies) open(body, recalled("open").includes(nameOf(body)));
  bodies.find(isOpen)?.scrollIntoView();
});

addEventListener("anchor", () => {
  const body = document.getElementById(location.hash.slice(1));
  if (!body?.matches("tbody.run")) return;
  open(body, true);
  rememberOpen();
  body.scrollIntoView();
  body.querySelector("[aria-expanded]").focus({ preventScroll: true });
});

