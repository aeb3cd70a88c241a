"use strict";

// The page of one image that is shipped: enlarged, with maps of the neuron that it was opened from.
linexp.image = (() => {
  const { el, terms } = linexp.elements;
  const { simulate, correlate, brief, fixed, count } = linexp.numbers;
  const { picture, describe, key, isShipped } = linexp.pictures;
  const { card, scrolled } = linexp.cards;
  const { BEST, methodOf } = linexp.headline;
  const { panel, table, load } = linexp.maps;

  const address = (row, neuron) => `#image=${row}${neuron === null ? "" : `&of=${neuron}`}`;

  function heading(row, neuron) {
    const back =
      neuron === null
        ? el("a", { href: "#" }, "All neurons")
        : el("a", { href: `#neuron=${neuron}` }, `Neuron ${neuron}`);
    return el(
      "div",
      { class: "image-head" },
      el("p", { class: "back" }, "← ", back),
      el("h1", { tabindex: -1 }, el("span", { class: "note" }, "Image "), describe(row)),
      el("p", { class: "note" }, key(row)),
    );
  }

  function shown(layer, row, neuron, maps) {
    const title = maps.length ? "The image, and where the neuron fires in it" : "The image";
    const whole = el(
      "figure",
      { class: "enlarged" },
      el("div", { class: "seen plain-seen" }, picture(row)),
      el("figcaption", null, el("strong", null, "The image"), el("br"), "its middle square"),
    );
    const none =
      layer.maps && neuron !== null && !maps.length
        ? "Maps are there of the images that the neuron shows by activation."
        : null;
    const values = el(
      "details",
      null,
      el("summary", null, "The numbers"),
      scrolled(
        "Values of the maps",
        el(
          "div",
          { class: "maps-values" },
          maps.map(([said, map]) => table(map, said)),
        ),
      ),
    );
    return card(
      "seen",
      title,
      none,
      el(
        "div",
        { class: "panels" },
        whole,
        maps.map(([said, map]) => panel(row, map, said)),
      ),
      maps.length > 0 && values,
    );
  }

  // what the neuron does on it, and what its best explanation makes of it, on the scale of the neuron (least squares)
  async function predicted(layer, row, neuron, record) {
    const place = layer.neurons.indexOf(neuron);
    const method = methodOf(layer, BEST, place);
    const { concepts, weights } = record.explanations[method];
    const i = layer.sample.indexOf(row);
    const range = record.ranges.find(({ images }) => images.includes(row));
    const real = linexp.unpack(record.activations);
    const said = [];
    if (i >= 0) said.push(`Activation ${brief(real[i])}`);
    else if (range) said.push(`Activation ${brief(range.values[range.images.indexOf(row)])}`);
    if (range) said.push(`${range.label} of its images`);
    const lines = [said.length > 0 && el("p", null, `${said.join(", ")}.`)];
    if (i >= 0 && concepts.length) {
      const columns = await Promise.all(concepts.map((concept) => linexp.presence(concept, layer)));
      const simulated = simulate(weights, columns, real.length);
      const fit = correlate(simulated, real);
      if (fit) {
        const value = fit.slope * simulated[i] + fit.intercept;
        const word = real[i] > value ? "more" : "less";
        const text = `${layer.titles[method]} predicts ${brief(value)}: it is ${brief(Math.abs(real[i] - value))} ${word} active than explained.`;
        lines.push(el("p", { class: "predicted", "data-value": value }, text));
      }
      const parts = concepts
        .map((concept, k) => ({ concept, k, p: columns[k][i] }))
        .sort((a, b) => weights[b.k] * b.p - weights[a.k] * a.p);
      const rows = parts.map(({ concept, k, p }) =>
        el(
          "tr",
          null,
          el(
            "th",
            { scope: "row" },
            el("a", { href: `#${new URLSearchParams({ concept: layer.concepts[concept] })}` }, layer.concepts[concept]),
          ),
          el("td", null, brief(weights[k])),
          el("td", null, fixed(p, 2)),
          el("td", null, brief(weights[k] * p)),
        ),
      );
      lines.push(
        scrolled(
          "What the explanation sees in it",
          el(
            "table",
            { class: "plain" },
            linexp.elements.tableHead(["Concept", "Weight", `P by ${layer.simulator}`, "Weight · P"]),
            el("tbody", null, rows),
          ),
        ),
      );
    } else if (i < 0)
      lines.push(
        el(
          "p",
          { class: "note" },
          `It is not among the ${count(layer.sample.length)} test images that predictions are compared on.`,
        ),
      );
    return card("predicted", `What neuron ${neuron} does on it`, null, ...lines.filter(Boolean));
  }

  // the neurons that are highest on it, each within its own range
  function firing(layer, row, facts) {
    const items = facts.neurons.map(([place, value, share]) => {
      const neuron = layer.neurons[place];
      const best = layer.methods[BEST];
      return el(
        "tr",
        null,
        el("th", { scope: "row" }, el("a", { href: `#neuron=${neuron}` }, `Neuron ${neuron}`)),
        el("td", null, brief(value)),
        el("td", null, `${fixed(100 * share, 0)} %`),
        el(
          "td",
          { class: "words" },
          el("div", { class: "terms" }, terms(best.concepts[place], best.weights[place], layer.concepts, { most: 4 })),
        ),
        el("td", null, el("a", { href: address(row, neuron) }, "this image")),
      );
    });
    const head = linexp.elements.tableHead(["Neuron", "Activation", "Of its range", "Best explanation", "As of it"]);
    return card(
      "firing",
      "Which neurons fire on it most",
      "Of the way from a neuron's lowest activation on all images to its highest.",
      scrolled(
        "Neurons that fire on this image",
        el("table", { class: "plain of-image" }, head, el("tbody", null, items)),
      ),
    );
  }

  // the neurons whose best explanations are furthest from them on it
  function erring(layer, row, facts) {
    const best = layer.methods[BEST];
    const rows = facts.errors.map(([place, error]) => {
      const neuron = layer.neurons[place];
      const chips = terms(best.concepts[place], best.weights[place], layer.concepts, { most: 4 });
      return el(
        "tr",
        null,
        el("th", { scope: "row" }, el("a", { href: address(row, neuron) }, `Neuron ${neuron}`)),
        el("td", null, `${fixed(Math.abs(error), 2)} ${error > 0 ? "more" : "less"}`),
        el("td", { class: "words" }, el("div", { class: "terms" }, chips)),
      );
    });
    const head = linexp.elements.tableHead(["Neuron", "Active, than explained", "Best explanation"]);
    return card(
      "erring",
      "Where explanations err most on it",
      "In standard deviations of the neuron over the test images here, after least squares.",
      scrolled(
        "Neurons that are explained badly",
        el("table", { class: "plain erring" }, head, el("tbody", null, rows)),
      ),
    );
  }

  function described(layer, facts) {
    const link = (name) =>
      el(
        "a",
        { class: "term", style: { "--strength": "0.3" }, href: `#${new URLSearchParams({ concept: name })}` },
        el("span", { class: "word" }, name),
      );
    const labels = facts.labels.map((name) =>
      layer.concepts.includes(name) ? link(name) : el("span", { class: "term" }, el("span", { class: "word" }, name)),
    );
    const seen = facts.concepts.map(([concept, p]) => {
      const name = layer.concepts[concept];
      const chip = link(name);
      chip.prepend(el("span", { class: "weight" }, fixed(p, 2)), " ");
      return chip;
    });
    return card(
      "described",
      "What is in it",
      null,
      labels.length > 0 && el("p", null, "Labels"),
      labels.length > 0 && el("p", { class: "terms labels" }, labels),
      seen.length > 0 && el("p", null, `Concepts of this layer with the highest P, by ${layer.simulator}`),
      seen.length > 0 && el("p", { class: "terms concepts" }, seen),
      !labels.length &&
        !seen.length &&
        el("p", { class: "note" }, "It has no labels, and concepts are told of test images alone."),
    );
  }

  // fill the section with an image, by its row; `neuron` is the one that it was opened from, or null
  async function show(section, layer, row, neuron) {
    if (!isShipped(row) || (neuron !== null && !layer.neurons.includes(neuron))) {
      section.replaceChildren(
        el("h1", { tabindex: -1 }, "No such image"),
        el("p", null, "It is not among those that are shipped with this page. ", el("a", { href: "#" }, "All neurons")),
      );
      return;
    }
    const [facts, record, maps] = await Promise.all([
      linexp.pictures.facts(row),
      neuron === null ? null : linexp.load(`neurons/${neuron}`),
      load(layer, row, neuron),
    ]);
    const cards = [shown(layer, row, neuron, maps)];
    if (record) cards.push(await predicted(layer, row, neuron, record));
    cards.push(described(layer, facts), firing(layer, row, facts));
    if (facts.errors.length) cards.push(erring(layer, row, facts));
    section.replaceChildren(heading(row, neuron), ...cards);
  }

  return { show };
})();
