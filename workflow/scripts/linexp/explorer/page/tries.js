"use strict";

// What one tries of a neuron, as the address keeps it: `from`, the method that one started at, and for each term of the
// explanation a `try` such as "0.7 butterfly".
linexp.tries = (() => {
  // the terms in an address, those of unknown concepts left out; null if it has none
  function read(state, ids) {
    if (!state.has("try")) return null;
    return state
      .getAll("try")
      .map((text) => text.split(/ (.*)/s))
      .filter(([, name]) => ids.has(name))
      .map(([weight, name]) => ({ concept: ids.get(name), weight: Number(weight) || 0 }));
  }

  // what an address keeps of terms: nothing where they are those that one started with
  function written(terms, start, names) {
    const isSame = ({ concept, weight }, k) => concept === start.concepts[k] && weight === start.weights[k];
    if (terms.length === start.concepts.length && terms.every(isSame)) return [];
    const all = terms.map(({ concept, weight }) => ["try", `${weight} ${names[concept]}`]);
    return all.length ? all : [["try", ""]];
  }

  return { read, written };
})();
