"use strict";

// The page of one neuron.
linexp.neuron = (() => {
  const { el, tableHead, terms, badge, statusText, scoreBar, scaleFrom, breakable, interval } = linexp.elements;
  const { fixed, brief, count } = linexp.numbers;
  const { figure, picture } = linexp.pictures;
  const { areaChart, areaLegend, areaTable } = linexp.areas;
  const { Workbench } = linexp.workbench;

  const AREAS =
    "The share of images that count for each concept, from low to high activation. An image counts once: for the " +
    "narrowest of its concepts, then for the one with the largest weight · P.";
  const ERRORS =
    "Real activation, and what the explanation above makes of it on the scale of the neuron (least squares), on the " +
    "same images.";

  function card(id, title, note, ...content) {
    return el(
      "section",
      { class: "card", "aria-labelledby": id },
      el("h2", { id }, title),
      note && el("p", { class: "note" }, note),
      ...content,
    );
  }

  function heading(layer, neuron, place, record, turn) {
    const button = (step, text, label) => {
      const other = turn(step);
      return other === null
        ? el("span", { class: "turn", "aria-hidden": "true" })
        : el(
            "a",
            {
              class: "turn",
              href: `#neuron=${other}`,
              rel: step < 0 ? "prev" : "next",
              "aria-label": `${label} neuron, ${other}`,
            },
            text,
          );
    };
    const main = layer.methods[layer.main];
    const score = main.scores.correlation[place];
    const words = main.concepts[place].length
      ? el(
          "p",
          { class: "terms hero" },
          terms(main.concepts[place], main.weights[place], layer.concepts, { link: true, bias: main.bias[place] }),
        )
      : el("p", { class: "hero" }, statusText(main.status[place]));
    return el(
      "div",
      { class: "neuron-head" },
      el(
        "div",
        { class: "turns" },
        button(-1, "←", "Previous"),
        el("h1", { tabindex: -1 }, `Neuron ${neuron}`, layer.names ? `: ${layer.names[place]}` : ""),
        button(1, "→", "Next"),
        layer.dead[place] ? badge("dead: below 0.01 on every image", "warn") : null,
      ),
      words,
      el(
        "p",
        { class: "note" },
        `Explained by ${layer.main}; correlation on test images ${fixed(score, 3)}. `,
        `Mean activation ${brief(record.mean)}, highest ${brief(record.maximum)}.`,
      ),
    );
  }

  function explanations(layer, place, record) {
    const scores = Object.keys(layer.scores).filter((name) => name !== "correlation");
    const head = ["Method", "Explanation", "Correlation", "95 % interval", ...scores.map((name) => layer.scores[name])];
    const several = new Set(record.scores.map((row) => row.simulator)).size > 1;
    if (several) head.splice(1, 0, "Simulator");
    const from = scaleFrom(record.scores.flatMap((row) => [row.correlation, row.low]));
    const rows = record.scores.map((row) => {
      const { concepts, weights, bias } = record.explanations[row.method];
      const words = concepts.length
        ? el("div", { class: "terms" }, terms(concepts, weights, layer.concepts, { link: true, bias }))
        : el("span", { class: "none" }, statusText(row.status));
      const reason = row.status !== "ok" && concepts.length ? badge(statusText(row.status), "warn") : null;
      return el(
        "tr",
        null,
        el("th", { scope: "row" }, breakable(row.method)),
        several && el("td", { class: "simulator" }, row.simulator),
        el("td", { class: "words" }, words, reason),
        el(
          "td",
          { class: "score wide" },
          el("strong", { class: "value" }, fixed(row.correlation, 3)),
          scoreBar(row.correlation, row.low, row.high, from),
        ),
        el("td", { class: "interval" }, interval(row.correlation, row.low, row.high)),
        scores.map((name) => el("td", { class: "score" }, el("span", { class: "value" }, fixed(row[name], 3)))),
      );
    });
    const table = el(
      "table",
      { class: "plain methods" },
      el("caption", { class: "hidden" }, "Explanations of all methods with their scores on test images"),
      tableHead(head),
      el("tbody", null, rows),
    );
    return card(
      "explanations",
      "Explanations",
      null,
      el("div", { class: "scroll", tabindex: 0, role: "region", "aria-labelledby": "explanations" }, table),
      allScores(layer, record),
    );
  }

  // every metric, for those who ask
  function allScores(layer, record) {
    const shown = (name, value) => {
      if (typeof value === "boolean") return value ? "yes" : "no";
      if (typeof value !== "string") return fixed(value, 3);
      return name === "best_method" ? value : value.replaceAll("_", " ");
    };
    const apart = new Set(["method", "simulator", "status", "low", "high"]);
    const names = Object.keys(record.scores[0] ?? {}).filter((name) => !apart.has(name));
    const head = tableHead(["Metric", ...record.scores.map((row) => breakable(row.method))]);
    const rows = names.map((name) =>
      el(
        "tr",
        null,
        el("th", { scope: "row" }, layer.labels[name] ?? name.replaceAll("_", " ")),
        record.scores.map((row) => el("td", null, shown(name, row[name] ?? null))),
      ),
    );
    return el(
      "details",
      null,
      el("summary", null, "All metrics"),
      el(
        "div",
        { class: "scroll", tabindex: 0, role: "region", "aria-label": "All metrics" },
        el("table", { class: "plain" }, head, el("tbody", null, rows)),
      ),
    );
  }

  function areas(record) {
    const methods = Object.keys(record.areas);
    if (!methods.length)
      return card(
        "areas",
        "What its activations consist of",
        "The neuron is constant, or no linear method explains it.",
      );
    const box = el("div", { class: "area-box" });
    const buttons = methods.map((method) => el("button", { type: "button", onclick: () => show(method) }, method));
    const show = (method) => {
      buttons.forEach((button, k) => button.setAttribute("aria-pressed", methods[k] === method));
      const chart = record.areas[method];
      box.replaceChildren(areaChart(chart, method), areaLegend(chart), areaTable(chart));
    };
    show(methods[0]);
    return card(
      "areas",
      "What its activations consist of",
      AREAS,
      el("div", { class: "starts", role: "group", "aria-label": "Concepts of" }, methods.length > 1 ? buttons : []),
      box,
    );
  }

  function ranges(layer, record) {
    const rows = record.ranges.map((range) => {
      const values = range.low === range.high ? brief(range.low) : `${brief(range.low)} to ${brief(range.high)}`;
      return el(
        "section",
        { class: "range" },
        el(
          "div",
          { class: "range-label" },
          el("h3", null, range.label),
          el("p", null, values),
          el("p", { class: "note" }, `${count(range.size)} image${range.size === 1 ? "" : "s"}`),
        ),
        el(
          "div",
          { class: "pictures five" },
          range.images.map((row, k) => figure(row, brief(range.values[k]))),
        ),
      );
    });
    const among =
      layer.candidates < layer.images
        ? ` From ${count(layer.candidates)} of ${count(layer.images)} images: the highest, and others at random.`
        : "";
    return card(
      "ranges",
      "Images by activation",
      `Evenly spaced by rank in each range; in the last one drawn at random.${among}`,
      rows,
    );
  }

  function alike(layer, record) {
    const list = (title, pairs, unit) =>
      el(
        "section",
        null,
        el("h3", null, title),
        pairs.length
          ? el(
              "ul",
              { class: "alike" },
              pairs.map(([neuron, value]) => neighbour(layer, neuron, value, unit)),
            )
          : el("p", { class: "note" }, "none"),
      );
    return card(
      "alike",
      "Nearest neurons",
      null,
      el(
        "div",
        { class: "two" },
        list("By activation", record.alike.activation, "correlation"),
        list(`By explanation (${layer.main})`, record.alike.explanation, "cosine"),
      ),
    );
  }

  function neighbour(layer, neuron, value, unit) {
    const place = layer.neurons.indexOf(neuron);
    const { concepts, weights } = layer.methods[layer.main];
    return el(
      "li",
      null,
      el(
        "a",
        { href: `#neuron=${neuron}` },
        el(
          "span",
          { class: "alike-number" },
          el("strong", null, `Neuron ${neuron}`),
          el("span", { class: "note" }, `${unit} ${fixed(value)}`),
        ),
        el(
          "span",
          { class: "strip" },
          layer.pictures[place].slice(0, 3).map((row) => picture(row, "")),
        ),
        el("span", { class: "terms" }, terms(concepts[place], weights[place], layer.concepts, { most: 3 })),
      ),
    );
  }

  // fill the section with a neuron; `turn(step)` gives the number of the one before or after, `tried` keeps what one
  // tries of it
  function show(section, layer, neuron, record, turn, tried) {
    const place = layer.neurons.indexOf(neuron);
    const bench = new Workbench(layer, record, tried);
    section.replaceChildren(
      heading(layer, neuron, place, record, turn),
      explanations(layer, place, record),
      el("div", { class: "columns" }, areas(record), ranges(layer, record)),
      card("own", "Try your own", null, bench.element),
      card("errors", "Where it errs most", ERRORS, bench.errors),
      alike(layer, record),
    );
    return bench.ready;
  }

  return { show };
})();
