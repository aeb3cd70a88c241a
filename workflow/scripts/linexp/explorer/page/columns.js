"use strict";

// The columns of the table: what each is called, the value that it sorts by and how it shows a neuron. A neuron is
// given as its place in the layer; values may be null, which sort last.
linexp.columns = (() => {
  const { el, terms, badge, statusText, scoreBar } = linexp.elements;
  const { fixed } = linexp.numbers;
  const { picture } = linexp.pictures;
  const LONGEST = 14;
  const PICTURES = 4;

  // `shown` is the method whose explanations are shown, `score` the name of the scores, `marked` a set of concepts
  function columnsOf(layer, shown, score, marked) {
    const { concepts, weights, status } = layer.methods[shown];
    const isRemarkable = ({ status }) => status.some((one) => one !== "ok");
    const remarkable = layer.dead.some(Boolean) || Object.values(layer.methods).some(isRemarkable);
    return [
      {
        name: "neuron",
        label: "Neuron",
        kind: "number",
        value: (place) => layer.neurons[place],
        cell: (place) => el("a", { href: `#neuron=${layer.neurons[place]}` }, layer.neurons[place]),
      },
      {
        name: "explanation",
        label: `Explanation by ${shown}`,
        kind: "words",
        value: (place) => concepts[place].map((concept) => layer.concepts[concept]).join(" ") || null,
        cell: (place) => {
          if (!concepts[place].length) return el("span", { class: "none" }, statusText(status[place]));
          const [some, theirs] = [concepts[place], weights[place]].map((list) => list.slice(0, LONGEST));
          return el("div", { class: "terms" }, terms(some, theirs, layer.concepts, { marked }));
        },
      },
      {
        name: "activation",
        label: "Highest activations",
        kind: "images",
        value: (place) => layer.maxima[place],
        cell: (place) => {
          const pictures = layer.pictures[place].slice(0, PICTURES).map((row) => picture(row, ""));
          return el("div", { class: "strip" }, pictures);
        },
      },
      ...Object.keys(layer.methods).map((method) => scoreColumn(layer, method, score, method === shown)),
      {
        name: "length",
        label: "Length",
        title: "number of concepts",
        kind: "number",
        value: (place) => concepts[place].length,
        cell: (place) => String(concepts[place].length),
      },
      remarkable && {
        name: "status",
        label: "Status",
        kind: "status",
        value: (place) => status[place] + (layer.dead[place] ? " dead" : ""),
        cell: (place) => [
          status[place] === "ok" ? "" : badge(statusText(status[place]), "warn"),
          layer.dead[place] ? badge("dead", "warn") : "",
        ],
      },
    ].filter(Boolean);
  }

  function scoreColumn(layer, method, score, isShown) {
    const values = layer.methods[method].scores[score];
    return {
      name: `score:${method}`,
      label: method,
      title: `${layer.scores[score]} of ${method}`,
      kind: isShown ? "score shown" : "score",
      value: (place) => values[place],
      cell: (place) => [el("span", { class: "value" }, fixed(values[place])), scoreBar(values[place])],
    };
  }

  return { columnsOf };
})();
