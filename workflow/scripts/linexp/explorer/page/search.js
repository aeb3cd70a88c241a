"use strict";

// Which neurons a query asks for. `dog` is a concept; `136`, `#136` and `neuron 136` are neurons; `le_label:dog` is a
// concept in the explanations of one method. Several with commas between all have to hold, but any of the numbers
// will do. Neurons that are found by concepts are ranked.
linexp.search = (() => {
  const NUMBER = /^(?:#|neurons?\s|units?\s)?\s*#?(\d+)$/;
  const WORDS = /[\p{L}\p{N}]+/gu;

  const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").trim();

  function parse(query, methods) {
    const parts = query
      .split(",")
      .map((part) => part.trim())
      .filter(Boolean);
    return parts.map((part) => {
      const colon = part.indexOf(":");
      const method = colon > 0 ? methods.find((name) => plain(name) === plain(part.slice(0, colon))) : undefined;
      const text = plain(method ? part.slice(colon + 1) : part);
      const number = NUMBER.exec(text);
      return { method, text, number: number ? Number(number[1]) : null };
    });
  }

  // whether a word of the name begins with the text
  function begins(text, name) {
    for (let at = name.indexOf(text); at >= 0; at = name.indexOf(text, at + 1))
      if (at === 0 || !/[\p{L}\p{N}]/u.test(name[at - 1])) return true;
    return false;
  }

  // concepts of which a word begins with the text; if there are none, those that have all of its words in any order,
  // and if there are none of these either, those that have any of them
  function matching(text, plainNames) {
    const having = (fits) => {
      const found = new Set();
      plainNames.forEach((name, concept) => fits(name) && found.add(concept));
      return found;
    };
    const words = text.match(WORDS) ?? [];
    const whole = having((name) => begins(text, name));
    if (whole.size || words.length < 2) return { concepts: whole, loose: false };
    const all = having((name) => words.every((word) => begins(word, name)));
    if (all.size) return { concepts: all, loose: false };
    return { concepts: having((name) => words.some((word) => begins(word, name))), loose: true };
  }

  // 1 for each concept of a set, as looking up is what a search spends its time on
  function maskOf(concepts, size) {
    const mask = new Uint8Array(size);
    for (const concept of concepts) mask[concept] = 1;
    return mask;
  }

  // how much of an explanation the wanted concepts are: their positive weights as a share of the sum of the sizes of
  // all, or, if none is positive, minus the share of the negative ones; null if it has none of them
  function shareOf(concepts, weights, mask) {
    if (!concepts.some((concept) => mask[concept])) return null;
    let [total, above, below] = [0, 0, 0];
    for (let k = 0; k < concepts.length; k++) {
      const weight = weights[k];
      total += Math.abs(weight);
      if (mask[concepts[k]])
        if (weight > 0) above += weight;
        else below += weight;
    }
    return (above || below) / (total || 1);
  }

  // the neurons whose explanations by some methods have wanted concepts, each by the method whose explanation says so
  // best: by its share times its score where both are positive; `wanted(method)` is a set. The highest rank comes first
  function ranking(layer, wanted, methods, score) {
    const best = layer.neurons.map(() => null);
    for (const method of methods) {
      const { concepts, weights, scores } = layer.methods[method];
      const mask = maskOf(wanted(method), layer.concepts.length);
      for (let place = 0; place < best.length; place++) {
        const share = shareOf(concepts[place], weights[place], mask);
        if (share === null) continue;
        const value = scores[score][place];
        const found = { place, method, share, score: value, rank: Math.max(share, 0) * Math.max(value ?? 0, 0) };
        if (!best[place] || before(found, best[place]) < 0) best[place] = found;
      }
    }
    return best.filter(Boolean).sort(before);
  }

  const before = (a, b) =>
    b.rank - a.rank ||
    Math.max(b.share, 0) - Math.max(a.share, 0) ||
    (b.score ?? 0) - (a.score ?? 0) ||
    a.place - b.place;

  class Search {
    constructor(layer) {
      this.layer = layer;
      this.methods = Object.keys(layer.methods);
      this.names = layer.concepts.map(plain);
    }

    // What a query finds in the explanations of one method or of all: `places` of neurons; the concepts that are
    // `marked`; whether they have only some of the words, `loose`; and if concepts are asked for `ranked`, a map of
    // places with what `ranking` says of each, in its order, else null
    find(query, method, everywhere, score) {
      const terms = parse(query, this.methods);
      const numbers = new Set(terms.filter((term) => term.number !== null).map((term) => term.number));
      const words = terms
        .filter((term) => term.number === null && (term.text || term.method))
        .map((term) => {
          const methods = term.method ? [term.method] : everywhere ? this.methods : [method];
          return { methods, ...matching(term.text, this.names) };
        });
      let places = this.layer.neurons.map((_, place) => place);
      if (numbers.size) places = places.filter((place) => numbers.has(this.layer.neurons[place]));
      for (const { methods, concepts } of words) {
        const mask = maskOf(concepts, this.names.length);
        const has = (place) => (name) => this.layer.methods[name].concepts[place].some((concept) => mask[concept]);
        places = places.filter((place) => methods.some(has(place)));
      }
      return {
        places,
        marked: new Set(words.flatMap(({ concepts }) => [...concepts])),
        loose: words.some((word) => word.loose),
        ranked: words.length ? this.ranked(words, new Set(places), score) : null,
      };
    }

    ranked(words, places, score) {
      const methods = [...new Set(words.flatMap((word) => word.methods))];
      const wanted = (method) =>
        new Set(words.filter((word) => word.methods.includes(method)).flatMap(({ concepts }) => [...concepts]));
      const found = ranking(this.layer, wanted, methods, score).filter(({ place }) => places.has(place));
      return new Map(found.map((one) => [one.place, one]));
    }

    // the concept of a name, in any case; undefined if there is none
    named(name) {
      const exact = this.layer.concepts.indexOf(name);
      const found = exact < 0 ? this.names.indexOf(plain(name)) : exact;
      return found < 0 ? undefined : found;
    }

    // the concepts that explain most neurons
    common(method, most) {
      const uses = new Map();
      for (const concepts of this.layer.methods[method].concepts)
        for (const concept of concepts) uses.set(concept, (uses.get(concept) ?? 0) + 1);
      return [...uses].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, most);
    }
  }

  return { Search, ranking, matching, plain };
})();
