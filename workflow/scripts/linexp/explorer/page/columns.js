"use strict";

// The columns of the table: what each is called, the value that it sorts by and how it shows a neuron. A neuron is
// given as its place in the layer; values may be null, which sort last. `width` is in rem; where there is no room for
// all, columns with `goes` are left out, and that of the explanation has the least width that it is read well in.
linexp.columns = (() => {
  const { el, terms, badge, statusText, scoreBar, scaleFrom } = linexp.elements;
  const { fixed } = linexp.numbers;
  const { picture } = linexp.pictures;
  const LONGEST = 30;
  const EXPLANATION = 20;
  const [PICTURE, PADDING] = [3.2, 0.8];

  // `shown` is the method whose explanations are shown, `score` the name of the scores, `marked` a set of concepts,
  // `pictures` how many there are of each neuron
  function columnsOf(layer, shown, score, marked, pictures) {
    const { concepts, weights, bias, status } = layer.methods[shown];
    const isRemarkable = ({ status }) => status.some((one) => one !== "ok");
    const remarkable = layer.dead.some(Boolean) || Object.values(layer.methods).some(isRemarkable);
    return [
      {
        name: "neuron",
        label: "Neuron",
        kind: "number",
        width: 4.9,
        value: (place) => layer.neurons[place],
        cell: (place) => el("a", { href: `#neuron=${layer.neurons[place]}` }, layer.neurons[place]),
      },
      layer.names && {
        name: "name",
        label: "Name",
        kind: "words",
        width: 9,
        goes: 1,
        value: (place) => layer.names[place],
        cell: (place) => layer.names[place],
      },
      {
        name: "explanation",
        label: `Explanation by ${shown}`,
        kind: "words",
        width: EXPLANATION,
        value: (place) => concepts[place].map((concept) => layer.concepts[concept]).join(" ") || null,
        cell: (place) => {
          if (!concepts[place].length) return el("span", { class: "none" }, statusText(status[place]));
          const options = { marked, bias: bias[place], most: LONGEST };
          return el("div", { class: "terms" }, terms(concepts[place], weights[place], layer.concepts, options));
        },
      },
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
      ...Object.keys(layer.methods).map((method) => scoreColumn(layer, method, score, method === shown)),
      {
        name: "length",
        label: "Length",
        title: "number of concepts",
        kind: "number",
        width: 4.9,
        goes: 2,
        value: (place) => concepts[place].length,
        cell: (place) => String(concepts[place].length),
      },
      remarkable && {
        name: "status",
        label: "Status",
        kind: "status",
        width: 7,
        value: (place) => status[place] + (layer.dead[place] ? " dead" : ""),
        cell: (place) => [
          status[place] === "ok" ? "" : badge(statusText(status[place]), "warn"),
          layer.dead[place] ? badge("dead", "warn") : "",
        ],
      },
    ].filter(Boolean);
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

  function scoreColumn(layer, method, score, isShown) {
    const values = layer.methods[method].scores[score];
    const bar = (value) => scoreBar(value, null, null, scaleOf(layer, score));
    return {
      name: `score:${method}`,
      label: method,
      title: `${layer.scores[score]} of ${method}`,
      kind: isShown ? "score shown" : "score",
      width: 4.9,
      goes: isShown ? null : 1,
      value: (place) => values[place],
      cell: (place) => [el("span", { class: "value" }, fixed(values[place])), bar(values[place])],
    };
  }

  return { columnsOf };
})();
