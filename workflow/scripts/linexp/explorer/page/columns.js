"use strict";

// The columns of the table: what each is called, the value that it sorts by and how it shows a neuron. A neuron is
// given as its place in the layer; values may be null, which sort last. `width` is in rem; where there is no room for
// all, columns with `goes` are left out, and that of the explanation has the least width that it is read well in.
linexp.columns = (() => {
  const { el, terms, badge, scoreBar, scaleFrom } = linexp.elements;
  const { verdictBadge, rate, meanings, faultMark } = linexp.beliefs;
  const { verdictRank, statusText, reasonText } = linexp.words;
  const { fixed } = linexp.numbers;
  const { picture } = linexp.pictures;
  const { BEST, methodOf } = linexp.headline;
  const { explanationOrder } = linexp.order;
  const LONGEST = 30;
  const EXPLANATION = 20;
  const [PICTURE, PADDING] = [3.2, 0.8];

  // `shown` is the method whose explanations are shown, `score` the name of the scores, `marked` a set of concepts,
  // `pictures` how many there are of each neuron
  function columnsOf(layer, shown, score, marked, pictures) {
    const method = layer.methods[shown];
    const scores = Object.keys(layer.methods).filter((name) => name !== shown);
    return [
      neuronColumn(layer),
      layer.names && nameColumn(layer),
      explanationColumn(layer, shown, marked),
      scoreColumn(layer, shown, score, true),
      verdictColumn(layer, method),
      shown === BEST && bestColumn(layer),
      numberColumn("meanings", "Meanings", method.spread.map(meanings), {
        title:
          "over how many meanings its explanation is spread: 1 for one, more for concepts that are unlike each other",
        goes: 5,
        text: (value) => fixed(value, 1),
      }),
      {
        name: "activation",
        label: "Highest activations",
        kind: "images",
        width: pictures * PICTURE + PADDING,
        value: (place) => layer.maxima[place],
        cell: (place) => {
          const highest = layer.pictures[place].slice(0, pictures).map((row) => picture(row, ""));
          return el("div", { class: "strip" }, highest);
        },
      },
      ...scores.map((name) => scoreColumn(layer, name, score, false)),
      numberColumn(
        "length",
        "Length",
        method.concepts.map((concepts) => concepts.length),
        { title: "number of concepts", goes: 2, text: String },
      ),
      numberColumn("chance", "Chance", method.null_p95, {
        title: "the correlation that random concepts reach, 95th percentile",
        goes: 1,
        text: fixed,
      }),
      numberColumn("q", "q", method.q, {
        title: "false discovery rate at which it beats chance",
        goes: 1,
        text: rate,
      }),
    ].filter(Boolean);
  }

  function neuronColumn(layer) {
    return {
      name: "neuron",
      label: "Neuron",
      kind: "number",
      width: 4.9,
      value: (place) => layer.neurons[place],
      cell: (place) => {
        const neuron = layer.neurons[place];
        return [el("a", { href: `#neuron=${neuron}` }, neuron), linexp.kept.mark(neuron)];
      },
    };
  }

  function nameColumn(layer) {
    const name = (place) => layer.names[place];
    return { name: "name", label: "Name", kind: "words", width: 9, goes: 1, value: name, cell: name };
  }

  function explanationColumn(layer, shown, marked) {
    const { concepts, weights, bias, status } = layer.methods[shown];
    return {
      name: "explanation",
      label: shown === BEST ? "Explanation by its best method" : `Explanation by ${layer.titles[shown]}`,
      kind: "words",
      width: EXPLANATION,
      value: explanationOrder(layer, concepts),
      cell: (place) => {
        if (!concepts[place].length) return el("span", { class: "none" }, statusText(status[place]));
        const options = { marked, bias: bias[place], most: LONGEST };
        return el("div", { class: "terms" }, terms(concepts[place], weights[place], layer.concepts, options));
      },
    };
  }

  function verdictColumn(layer, { verdict, q, why, status }) {
    const named = (place) => layer.verdicts[verdict[place]];
    return {
      name: "verdict",
      label: "Verdict",
      title: "whether it is predicted, and better than by random concepts; from the surest",
      kind: "status",
      width: 9,
      goes: 6,
      value: (place) => 2 * verdictRank(named(place)) + (q[place] ?? 1),
      cell: (place) =>
        el(
          "div",
          { class: "badges-of-row" },
          verdictBadge(named(place)),
          status[place] !== "ok" && status[place] !== named(place) && badge(statusText(status[place]), "warn"),
          layer.dead[place] && badge("dead", "warn"),
          why[place] !== null && el("span", { class: "why" }, reasonText(layer.reasons[why[place]])),
        ),
    };
  }

  function bestColumn(layer) {
    const name = (place) => (layer.best[place] === null ? "none" : layer.titles[methodOf(layer, BEST, place)]);
    return {
      name: "best",
      label: "Best method",
      title: "which predicts it best on val",
      kind: "method",
      width: 8,
      goes: 4,
      value: (place) => name(place),
      cell: (place) => name(place),
    };
  }

  function numberColumn(name, label, values, { title, goes, text }) {
    return {
      name,
      label,
      title,
      kind: "number",
      width: 5.5,
      goes,
      value: (place) => values[place],
      cell: (place) => text(values[place]),
    };
  }

  const scales = new Map();

  // the scale that the bars of a score share in all columns
  function scaleOf(layer, score) {
    if (!scales.has(score)) {
      const each = Object.values(layer.methods).map((method) => scaleFrom(method.scores[score]));
      scales.set(score, Math.min(...each));
    }
    return scales.get(score);
  }

  function scoreColumn(layer, shown, score, isShown) {
    const { scores, null_p95 } = layer.methods[shown];
    const values = scores[score];
    const chance = (place) => (isShown && score === "correlation" ? null_p95[place] : null);
    const methods = shown === BEST ? Object.keys(layer.methods) : [shown];
    return {
      name: `score:${shown}`,
      label: shown === BEST ? layer.scores[score] : layer.titles[shown],
      title: `${layer.scores[score]} of ${layer.titles[shown]}${isShown ? "; the notch is what random concepts reach" : ""}`,
      mark: faultMark(layer, score, methods),
      kind: isShown ? "score shown" : "score",
      width: isShown ? 6.8 : 4.9,
      goes: isShown ? null : 3,
      value: (place) => values[place],
      cell: (place) => [
        el("span", { class: "value" }, fixed(values[place])),
        scoreBar(values[place], null, null, scaleOf(layer, score), chance(place)),
      ],
    };
  }

  return { columnsOf };
})();
