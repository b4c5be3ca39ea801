// Two rows that are ticked stand side by side in a section of their own; the address keeps their names.
{
  const section = document.getElementById("side-by-side");
  const place = document.getElementById("sides");
  const said = document.getElementById("ticked");
  const lines = JSON.parse(section.dataset.heads);
  const colours = ["f2", "f0"];
  let pair = []; // names, at most two

  const made = (element, attributes, children) => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const make = (tag, attributes = {}, ...children) => made(document.createElement(tag), attributes, children);
  const draw = (tag, attributes, ...children) =>
    made(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

  function grid(label, head, rows) {
    const cells = (line) => line.slice(1).map((cell) => (cell instanceof Node ? cell : make("td", {}, cell)));
    const table = make(
      "table",
      { class: "seeds" },
      make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)))),
      make("tbody", {}, ...rows.map((line) => make("tr", {}, make("th", { scope: "row" }, line[0]), ...cells(line)))),
    );
    return make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": label }, table);
  }

  const text = (value, decimals) => {
    const printed = value.toFixed(decimals);
    return (Number(printed) === 0 ? printed.replace("-", "") : printed).replace("-", "−");
  };
  const brackets = (interval, decimals) => `[${text(interval.low, decimals)}, ${text(interval.high, decimals)}]`;

  function cell(number, decimals) {
    if (!number) return make("td", {}, "–");
    const interval = intervalOf(number);
    const small = make("small", {}, interval ? brackets(interval, decimals) : "one seed");
    return make("td", {}, `${number[3]}${text(number[0], decimals)}`, small);
  }

  function verdict(line, first, second, between) {
    if (first[3] !== second[3]) return "numbers of two kinds";
    if (!between) return "one seed each: noise unknown";
    if (between.low <= 0 && between.high >= 0) return "within noise";
    if (line.better === "none") return "beyond noise";
    return `beyond noise: ${pair[(between.value > 0) === (line.better === "higher") ? 0 : 1]} is better`;
  }

  function apart(line, first, second) {
    if (!first || !second) return make("td", {}, "–");
    const between = difference(first, second);
    const small = make("small", { class: "verdict" }, verdict(line, first, second, between));
    const value = text(first[0] - second[0], line.decimals);
    if (!between) return make("td", {}, value, small);
    const beyond = first[3] === second[3] && (between.low > 0 || between.high < 0);
    return make("td", beyond ? { class: "beyond" } : {}, value, make("small", {}, brackets(between, line.decimals)), small);
  }

  function numbers(rows) {
    const [first, second] = rows.map((body) => JSON.parse(body.dataset.numbers));
    const all = lines.map((line, i) => [
      line.label,
      cell(first[i], line.decimals),
      cell(second[i], line.decimals),
      apart(line, first[i], second[i]),
    ]);
    const head = ["", ...pair, "difference"];
    const count = lines.filter((line) => line.first).length;
    const parts = [make("h3", {}, "Numbers"), grid("Numbers side by side", head, all.slice(0, count))];
    if (count === all.length) return parts;
    const rest = grid("Further numbers side by side", head, all.slice(count));
    return [...parts, make("details", {}, make("summary", {}, `${all.length - count} further numbers`), rest)];
  }

  function options(rows) {
    const [first, second] = rows.map(
      (body) => new Map([...body.querySelectorAll(".options > div")].map((each) => [...each.children].map((part) => part.textContent))),
    );
    const names = [...new Set([...first.keys(), ...second.keys()])];
    const differs = (name) => first.get(name) !== second.get(name);
    const ordered = [...names.filter(differs), ...names.filter((name) => !differs(name))];
    const values = (name) => [first, second].map((side) => side.get(name) ?? "–");
    const label = (name) => (differs(name) ? make("mark", {}, `≠ ${name}`) : name);
    return [
      make("h3", {}, `Options: ${names.filter(differs).length} of ${names.length} differ`),
      grid("Options side by side", ["", ...pair], ordered.map((name) => [label(name), ...values(name)])),
    ];
  }

  function costs(rows) {
    const [first, second] = rows.map((body) => JSON.parse(body.dataset.facts));
    const all = first.map(([name, value], i) => [name, value, second[i][1]]);
    return [make("h3", {}, "Costs and other facts"), grid("Costs side by side", ["", ...pair], all)];
  }

  function samples(rows) {
    const figures = rows.map((body, i) => {
      const image = body.querySelector(".detail .grid img");
      return make(
        "figure",
        { class: `grid ${colours[i]}` },
        make("h3", {}, make("span", { class: "key" }), pair[i]),
        image ? image.cloneNode() : make("p", { class: "none" }, "There are no samples."),
      );
    });
    return [make("div", { class: "two" }, ...figures)];
  }

  // The curves of a row, in operations and losses again.
  function losses(body, row) {
    return [...body.querySelectorAll(".losses")].map((figure) => {
      const box = figure.querySelector("svg svg").viewBox.baseVal;
      const [end, low, high] = figure.dataset.spans.split(" ").map(Number);
      const loss = (y) => high - (y / box.height) * (high - low);
      const lines = [...figure.querySelectorAll("polyline")].map((line) =>
        [...line.points].map(({ x, y }) => [(x / box.width) * end, loss(y)]),
      );
      return { row, end, low, high, lines, unit: figure.dataset.unit, key: `${figure.dataset.group} over ${figure.dataset.unit}` };
    });
  }

  function ticks(low, high) {
    const rough = (high - low) / 4;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((times) => times * power).find((each) => each >= rough * 0.999);
    const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
    const values = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(6)));
    return values.map((value) => [value, Math.abs(value) >= 1e6 ? value.toExponential() : String(value)]);
  }

  // One chart of the rows that have such a loss; the second row's lines are dashed. end: of the axis, as in all charts.
  function chart(key, parts, end) {
    const [width, height] = [300, 130];
    const low = Math.min(...parts.map((part) => part.low));
    const high = Math.max(...parts.map((part) => part.high));
    const x = (value) => ((value / end) * width).toFixed(1);
    const y = (value) => (((high - value) / (high - low)) * height).toFixed(1);
    const points = (line) => line.map(([across, up]) => `${x(across)},${y(up)}`).join(" ");
    const frame = [
      ...ticks(low, high).flatMap(([value, name]) => [
        draw("path", { class: "rule", d: `M0,${y(value)}H${width}` }),
        draw("text", { class: "tick", x: -6, y: Number(y(value)) + 3.5, "text-anchor": "end" }, name),
      ]),
      ...ticks(0, end).flatMap(([value, name]) => [
        draw("path", { class: "rule", d: `M${x(value)},${height}v4` }),
        draw("text", { class: "tick", x: x(value), y: height + 17, "text-anchor": "middle" }, name),
      ]),
    ];
    const drawn = parts.flatMap((part) =>
      part.lines.map((line) => draw("polyline", { class: `line ${colours[part.row]} side${part.row}`, points: points(line) })),
    );
    const inside = draw("svg", { width, height, viewBox: `0 0 ${width} ${height}` }, ...drawn);
    const title = `Loss of ${key}: ${parts.map((part) => `${pair[part.row]}${part.row ? " (dashed)" : ""}`).join(", ")}`;
    const picture = draw("svg", { viewBox: "-44 -6 350 160", role: "img", "aria-label": title }, ...frame, inside);
    return make("figure", { class: "losses" }, make("figcaption", {}, title), picture);
  }

  function curves(rows) {
    const all = rows.flatMap(losses);
    const keys = [...new Set(all.map((each) => each.key))];
    const end = (unit) => Math.max(...all.filter((each) => each.unit === unit).map((each) => each.end));
    const charts = keys.map((key) => {
      const parts = all.filter((each) => each.key === key);
      return chart(key, parts, end(parts[0].unit));
    });
    const none = make("p", { class: "none" }, "There are no curves, because nothing was trained.");
    return [make("h3", {}, "Learning curves"), make("div", { class: "curves" }, ...(charts.length ? charts : [none]))];
  }

  const boxes = new Map();

  function show() {
    const rows = pair.map((name) => bodies.find((body) => nameOf(body) === name));
    for (const [name, box] of boxes) box.checked = pair.includes(name);
    said.textContent = pair.length === 1 ? `${pair[0]} is ticked. Tick a second row to see both side by side.` : "";
    section.hidden = pair.length < 2;
    const parts = [samples, numbers, curves, options, costs];
    place.replaceChildren(...(pair.length < 2 ? [] : parts.flatMap((part) => part(rows))));
  }

  function tick(names) {
    pair = names.slice(-2); // a third one takes the place of the first
    show();
    remember("compare", pair);
    if (pair.length < 2) return;
    section.scrollIntoView();
    document.getElementById("side-title").focus({ preventScroll: true });
  }

  for (const body of bodies) {
    const name = nameOf(body);
    const box = make("input", { type: "checkbox", "aria-label": `Compare ${name}` });
    boxes.set(name, box);
    box.addEventListener("change", () => tick(box.checked ? [...pair, name] : pair.filter((other) => other !== name)));
    const label = make("label", { class: "ticking", title: "Tick two rows to see them side by side" }, box);
    label.addEventListener("click", (event) => event.stopPropagation()); // which opens the row
    body.rows[0].cells[0].append(label);
  }

  document.getElementById("untick").addEventListener("click", () => {
    const last = boxes.get(pair.at(-1));
    tick([]);
    last.focus();
  });

  addEventListener("restore", () => {
    pair = [...new Set(recalled("compare"))].filter((name) => boxes.has(name)).slice(-2);
    show();
    if (pair.length === 2) section.scrollIntoView();
  });
}
