"use strict";

// The list of layers, which the headers sort, and the two that are shown side by side. The address keeps both.
(() => {
  const { el } = linexp.elements;
  const { fixed, count } = linexp.numbers;
  const { sortedBy } = linexp.order;
  const { content, named } = linexp.pair;
  const data = JSON.parse(document.getElementById("data").textContent);
  const { layers } = data;
  const [first, second] = ["first", "second"].map((id) => document.getElementById(id));
  const USUAL = "layer";
  let sort = USUAL;

  const ofBest = (place) => layers[place].methods[0];
  const share = (k) => (place) => (layers[place].neurons ? layers[place].verdicts[k] / layers[place].neurons : null);
  const ceiling = (k) => (place) => layers[place].ceilings?.[k] ?? null;
  const asPercent = (value) => (value === null ? "–" : `${fixed(100 * value, 0)} %`);

  const columns = [
    { name: "layer", label: "Layer", value: (place) => named(layers[place]), cell: link },
    { name: "neurons", label: "Neurons", value: (place) => layers[place].neurons, text: count },
    { name: "best", label: "Best method", value: (place) => ofBest(place)?.title ?? null, text: (name) => name ?? "–" },
    { name: "correlation", label: "Its correlation", value: (place) => ofBest(place)?.correlation[0] ?? null },
    { name: "ablation", label: "Its ablation score", value: (place) => ofBest(place)?.ablation ?? null },
    { name: "chance", label: "Chance", value: (place) => layers[place].null },
    ...data.verdicts.map((label, k) => ({ name: `verdict${k}`, label, value: share(k), text: asPercent })),
    ...data.ceilings.slice(1).map((label, k) => ({
      name: `ceiling${k}`,
      label: `Ceiling: ${label}`,
      value: ceiling(k + 1),
    })),
    { name: "concepts", label: "Concepts", value: (place) => layers[place].n_concepts, text: count },
    { name: "simulator", label: "Simulator", value: (place) => layers[place].simulator, text: String },
    { name: "images", label: "Images", value: (place) => layers[place].images, text: String },
  ];

  function link(place) {
    const { report } = layers[place];
    return report ? el("a", { href: report }, named(layers[place])) : named(layers[place]);
  }

  const cellOf = ({ value, text, cell }, place) =>
    cell ? cell(place) : (text ?? ((number) => fixed(number, 3)))(value(place));

  function drawList() {
    const [name, direction] = sort.startsWith("-") ? [sort.slice(1), -1] : [sort, 1];
    const by = columns.find((column) => column.name === name) ?? columns[0];
    const places = sortedBy(by, [...layers.keys()], direction);
    const heads = columns.map((column) => {
      const order = column === by ? (direction < 0 ? "descending" : "ascending") : null;
      const arrow = order && el("span", { class: "arrow", "aria-hidden": "true" }, direction < 0 ? "↓" : "↑");
      const button = el("button", { type: "button", onclick: () => sortBy(column.name) }, column.label, arrow);
      return el("th", { scope: "col", "aria-sort": order, "data-column": column.name }, button);
    });
    const rows = places.map((place) => {
      const [head, ...others] = columns.map((column) => cellOf(column, place));
      const cells = others.map((cell) => el("td", null, cell));
      return el("tr", null, el("th", { scope: "row" }, head), cells);
    });
    const list = document.getElementById("list");
    const focused = document.activeElement?.closest?.("th")?.dataset.column;
    list.tHead.replaceChildren(el("tr", null, heads));
    list.tBodies[0].replaceChildren(...rows);
    if (focused) list.querySelector(`th[data-column="${focused}"] button`).focus();
  }

  // words from the first, numbers from the highest
  function sortBy(name) {
    const upwards = ["layer", "best", "simulator", "images"].includes(name);
    const [once, again] = upwards ? [name, `-${name}`] : [`-${name}`, name];
    sort = sort === once ? again : once;
    drawList();
    keep();
  }

  function drawPair() {
    const chosen = [first, second].map((select) => layers[select.selectedIndex]);
    document.getElementById("pair").replaceChildren(...content(data, chosen));
  }

  function keep() {
    const state = new URLSearchParams({ a: first.value, b: second.value });
    if (sort !== USUAL) state.set("sort", sort);
    history.replaceState(null, "", `#${state}`);
  }

  function restore() {
    const state = new URLSearchParams(location.hash.slice(1));
    const choose = (select, value, usual) => {
      const known = layers.findIndex((layer) => named(layer) === value);
      select.selectedIndex = known < 0 ? usual : known;
    };
    choose(first, state.get("a"), 0);
    choose(second, state.get("b"), Math.min(1, layers.length - 1));
    sort = state.get("sort") ?? USUAL;
    drawList();
    drawPair();
  }

  for (const select of [first, second]) {
    select.append(...layers.map((layer) => el("option", { value: named(layer) }, named(layer))));
    select.addEventListener("change", () => {
      drawPair();
      keep();
    });
  }
  addEventListener("hashchange", restore);
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.querySelector("h1").focus();
  });
  restore();
  document.documentElement.classList.add("ready");
})();
