"use strict";

// The page of one neuron.
linexp.neuron = (() => {
  const { el, terms, badge } = linexp.elements;
  const { verdictBadge, rate } = linexp.beliefs;
  const { statusText } = linexp.words;
  const { BEST, methodOf } = linexp.headline;
  const { fixed, brief, count } = linexp.numbers;
  const { figure, picture } = linexp.pictures;
  const { briefly, content: effects } = linexp.effects;
  const { content: methodsOf } = linexp.methods;
  const { areaChart, areaLegend, areaTable } = linexp.areas;
  const { card, contents } = linexp.cards;
  const PLACES =
    "At places of an image: what follows is of image averages, over the places of each, and so are the images of ranges.";
  const { glance, whyNot } = linexp.reasons;
  const { Workbench } = linexp.workbench;
  const { content: takeAway } = linexp.takeaway;
  const { starButton, content: notes } = linexp.kept;

  const AREAS =
    "The share of images that count for each concept, from low to high activation. An image counts once: for the " +
    "narrowest of its concepts, then for the one with the largest weight · P.";
  const ERRORS =
    "Real activation, and what the explanation above makes of it on the scale of the neuron (least squares), on the " +
    "same images.";

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
    const best = layer.methods[BEST];
    const method = methodOf(layer, BEST, place);
    const options = { link: true, bias: best.bias[place], stability: record.stability[method] };
    const words = best.concepts[place].length
      ? el("p", { class: "terms hero" }, terms(best.concepts[place], best.weights[place], layer.concepts, options))
      : el("p", { class: "hero" }, statusText(best.status[place]));
    return el(
      "div",
      { class: "neuron-head" },
      el(
        "div",
        { class: "turns" },
        button(-1, "←", "Previous"),
        el("h1", { tabindex: -1 }, `Neuron ${neuron}`, layer.names ? `: ${layer.names[place]}` : ""),
        button(1, "→", "Next"),
        starButton(neuron),
        layer.dead[place] ? badge("dead: below 0.01 on every image", "warn") : null,
      ),
      words,
      el(
        "p",
        { class: "believe" },
        verdictBadge(layer.verdicts[best.verdict[place]]),
        ` ${believed(layer, best, place)}`,
      ),
      el(
        "p",
        { class: "note" },
        layer.best[place] === null
          ? "No method predicts it on val; this is by "
          : "By its best method, which val chooses: ",
        `${layer.titles[method]}. Mean activation ${brief(record.mean)}, highest ${brief(record.maximum)}.`,
      ),
      briefly(record) && el("p", { class: "note" }, briefly(record)),
      glance(layer, method, place),
    );
  }

  // the correlation of its best explanation, and what chance reaches
  function believed(layer, best, place) {
    const [r, mean, p95] = [best.scores.correlation[place], best.null_mean[place], best.null_p95[place]];
    if (r === null) return "It has no correlation on test images.";
    if (p95 === null) return `Correlation ${fixed(r, 3)} on test images.`;
    return (
      `Correlation ${fixed(r, 3)} on test images; random concepts reach ${fixed(mean)} on average, ` +
      `${fixed(p95)} in the 95th percentile; q ${rate(best.q[place])}.`
    );
  }

  // the address keeps whose concepts are shown, unless they are those of the first method
  function areas(layer, record, tried) {
    const methods = Object.keys(record.areas);
    if (!methods.length)
      return card(
        "areas",
        "What its activations consist of",
        layer.places > 1
          ? "Of layers that are explained at places, P is not kept, so that this is not charted."
          : "The neuron is constant, or no linear method explains it.",
      );
    const box = el("div", { class: "area-box" });
    const chosen = (method) => {
      show(method);
      tried.save("chart", method === methods[0] ? [] : [["chart", method]]);
    };
    const buttons = methods.map((method) =>
      el("button", { type: "button", onclick: () => chosen(method) }, layer.titles[method]),
    );
    const show = (method) => {
      buttons.forEach((button, k) => button.setAttribute("aria-pressed", methods[k] === method));
      const chart = record.areas[method];
      box.replaceChildren(areaChart(chart, method), areaLegend(chart), areaTable(chart));
    };
    const asked = tried.state.get("chart");
    show(methods.includes(asked) ? asked : methods[0]);
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
    const maps = layer.maps ? " A click shows an image enlarged, with where the neuron fires." : "";
    const by = layer.places > 1 ? "By the average over an image's places. " : "";
    return card(
      "ranges",
      "Images by activation",
      `${by}Evenly spaced by rank in each range; in the last one drawn at random.${among}${maps}`,
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
        list(`By explanation (${layer.titles[layer.main]})`, record.alike.explanation, "cosine"),
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
    linexp.pictures.showOf(neuron);
    const bench = new Workbench(layer, record, tried);
    section.replaceChildren(
      heading(layer, neuron, place, record, turn),
      card("explanations", "Explanations", null, ...methodsOf(layer, record)),
      ...[whyNot(record, layer)].filter(Boolean),
      el("div", { class: "columns" }, areas(layer, record, tried), ranges(layer, record)),
      card("own", "Try your own", layer.places > 1 ? PLACES : null, bench.element),
      card("errors", "Where it errs most", ERRORS, bench.errors),
      card("output", "What it does to the output", null, ...effects(layer, record)),
      alike(layer, record),
      notes(neuron),
      ...[takeAway(layer, place)].filter(Boolean),
    );
    section.querySelector(".neuron-head").append(contents(section));
    return bench.ready;
  }

  return { show };
})();
