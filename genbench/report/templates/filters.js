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
const chosen = () => families.filter((box) => box.checked).map((box) => box.value);

function filter() {
  const asked = find.value.toLowerCase().split(/\s+/);
  const wanted = chosen();
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

function ask(text, kinds) {
  find.value = text;
  for (const box of families) box.checked = kinds.includes(box.value);
  filter();
}

function filtered() {
  filter();
  remember("find", find.value ? [find.value] : []);
  remember("family", chosen());
}

for (const input of [find, ...families]) input.addEventListener("input", filtered);
clear.addEventListener("click", () => {
  ask("", []);
  filtered();
  find.focus();
});
addEventListener("restore", () => ask(recalled("find").join(" "), recalled("family")));

