"use strict";

// Each neuron by its best method, which val chooses: what the table and the head of a neuron show unless one asks for a
// method. It is one more entry of layer.methods, which a listing of the methods leaves out.
linexp.headline = (() => {
  const BEST = "*"; // the name of no method

  function prepare(layer) {
    const names = Object.keys(layer.methods);
    const by = layer.best.map((number) => (number === null ? layer.main : names[number]));
    const picked = (values) => by.map((name, place) => values(layer.methods[name])[place]);
    const view = { by, scores: {} };
    for (const column of Object.keys(layer.methods[layer.main]))
      if (column !== "scores") view[column] = picked((method) => method[column]);
    for (const score of Object.keys(layer.scores)) view.scores[score] = picked((method) => method.scores[score]);
    Object.defineProperty(layer.methods, BEST, { value: view });
    layer.titles[BEST] = "best of each neuron";
    layer.shown = names.length > 1 ? BEST : names[0];
  }

  // the method that explains a neuron where `shown` is shown
  const methodOf = (layer, shown, place) => (shown === BEST ? layer.methods[BEST].by[place] : shown);

  return { BEST, prepare, methodOf };
})();
