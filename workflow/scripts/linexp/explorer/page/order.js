"use strict";

// The order of the rows of the table: by the values of a column, in thousandths of a second for thousands of neurons.
linexp.order = (() => {
  const LARGEST_EXACT = 2 ** 53;

  const collator = new Intl.Collator();
  const rankings = new WeakMap();

  // of each concept its place among all by name, from 1
  function ranksOf(layer) {
    if (!rankings.has(layer)) {
      const ranks = new Uint32Array(layer.concepts.length);
      const sorted = [...ranks.keys()].sort((a, b) => collator.compare(layer.concepts[a], layer.concepts[b]));
      sorted.forEach((concept, rank) => (ranks[concept] = rank + 1));
      rankings.set(layer, ranks);
    }
    return rankings.get(layer);
  }

  // What orders places by the names of their concepts, those of the first before those of the second: a number with as
  // many concepts as it holds exactly, four of up to nine thousand. Null where there is none
  function explanationOrder(layer, concepts) {
    const base = layer.concepts.length + 1;
    let length = 1;
    while (base ** (length + 1) < LARGEST_EXACT) length++;
    return (place) => {
      if (!concepts[place].length) return null;
      const ranks = ranksOf(layer);
      let number = 0;
      for (let k = 0; k < length; k++) number = number * base + (ranks[concepts[place][k]] ?? 0);
      return number;
    };
  }

  // numbers in the place of texts, in the same order
  function ranked(texts) {
    const sorted = [...new Set(texts)].sort(collator.compare);
    const ranks = new Map(sorted.map((text, rank) => [text, rank]));
    return texts.map((text) => ranks.get(text));
  }

  // ascending places in the order of a column, from its lowest value if the direction is 1, from its highest if it is −1; equal
  // ones by place, and those without a value last
  function sortedBy(column, places, direction) {
    const known = [];
    let values = [];
    const missing = places.filter((place) => {
      const value = column.value(place);
      if (value === null) return true;
      known.push(place);
      values.push(value);
      return false;
    });
    if (typeof values[0] === "string") values = ranked(values);
    const keys = Float64Array.from(values, (value) => direction * value);
    const sorted = keys.slice().sort();
    const taken = new Uint32Array(known.length);
    const ordered = known.slice();
    known.forEach((place, k) => {
      const first = firstNotBelow(sorted, keys[k]);
      ordered[first + taken[first]++] = place;
    });
    return [...ordered, ...missing];
  }

  // where the first of ascending numbers is that is not below this one
  function firstNotBelow(sorted, number) {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return { sortedBy, explanationOrder };
})();
