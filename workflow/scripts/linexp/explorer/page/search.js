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

  // 1 for each number of a set, as looking up is what a search spends its time on
  function maskOf(numbers, size) {
    const mask = new Uint8Array(size);
    for (const number of numbers) mask[number] = 1;
    return mask;
  }

  // how much of an explanation the wanted concepts are: their positive weights as a share of the sum of the sizes of
  // all, or, if none is positive, minus the share of the negative ones
  function shareOf(concepts, weights, mask) {
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

  const before = (a, b) =>
    b.rank - a.rank ||
    Math.max(b.share, 0) - Math.max(a.share, 0) ||
    (b.score ?? 0) - (a.score ?? 0) ||
    a.place - b.place;

  // where each concept is: of concept c, `places` from `begins[c]` to before `begins[c + 1]`
  function indexOf(explanations, size) {
    const begins = new Uint32Array(size + 1);
    for (const concepts of explanations) for (const concept of concepts) begins[concept + 1] += 1;
    for (let concept = 0; concept < size; concept++) begins[concept + 1] += begins[concept];
    const [places, next] = [new Uint32Array(begins[size]), begins.slice()];
    explanations.forEach((concepts, place) => {
      for (const concept of concepts) places[next[concept]++] = place;
    });
    return { begins, places };
  }

  class Search {
    constructor(layer) {
      this.layer = layer;
      this.methods = Object.keys(layer.methods);
      this.names = layer.concepts.map(plain);
      this.indices = new Map();
      this.uses = new Map();
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
      const having = words.map(({ methods, concepts }) => this.having(methods, concepts));
      const isFound = (neuron, place) =>
        (!numbers.size || numbers.has(neuron)) && having.every((mask) => mask[place] === 1);
      const places = [];
      this.layer.neurons.forEach((neuron, place) => isFound(neuron, place) && places.push(place));
      return {
        places,
        marked: new Set(words.flatMap(({ concepts }) => [...concepts])),
        loose: words.some((word) => word.loose),
        ranked: words.length ? this.ranked(words, places, score) : null,
      };
    }

    // 1 for each neuron that has any of these concepts in an explanation by any of these methods
    having(methods, concepts) {
      const mask = new Uint8Array(this.layer.neurons.length);
      for (const method of methods) {
        if (!this.indices.has(method))
          this.indices.set(method, indexOf(this.layer.methods[method].concepts, this.names.length));
        const { begins, places } = this.indices.get(method);
        for (const concept of concepts) for (let k = begins[concept]; k < begins[concept + 1]; k++) mask[places[k]] = 1;
      }
      return mask;
    }

    // The neurons whose explanations by some methods have wanted concepts, each by the method whose explanation says so
    // best: by its share times its score where both are positive; `wanted(method)` is a set. The highest rank comes
    // first
    ranking(wanted, methods, score, among = null) {
      const best = this.layer.neurons.map(() => null);
      for (const method of methods) {
        const { concepts, weights, scores } = this.layer.methods[method];
        const having = this.having([method], wanted(method));
        const isWanted = maskOf(wanted(method), this.names.length);
        for (let place = 0; place < best.length; place++) {
          if (!having[place] || (among && !among[place])) continue;
          const share = shareOf(concepts[place], weights[place], isWanted);
          const value = scores[score][place];
          const rank = Math.max(share, 0) * Math.max(value ?? 0, 0);
          const one = best[place];
          if (!one) best[place] = { place, method, share, score: value, rank };
          else if (before({ place, share, score: value, rank }, one) < 0)
            Object.assign(one, { method, share, score: value, rank });
        }
      }
      return best.filter(Boolean).sort(before);
    }

    ranked(words, places, score) {
      const methods = [...new Set(words.flatMap((word) => word.methods))];
      const wanted = (method) =>
        new Set(words.filter((word) => word.methods.includes(method)).flatMap(({ concepts }) => [...concepts]));
      const found = this.ranking(wanted, methods, score, maskOf(places, this.layer.neurons.length));
      return new Map(found.map((one) => [one.place, one]));
    }

    // make ready what a first search would wait for
    prepare() {
      this.having(this.methods, []);
    }

    // the concept of a name, in any case; undefined if there is none
    named(name) {
      const exact = this.layer.concepts.indexOf(name);
      const found = exact < 0 ? this.names.indexOf(plain(name)) : exact;
      return found < 0 ? undefined : found;
    }

    // the concepts that explain most neurons
    common(method, most) {
      if (!this.uses.has(method)) {
        const uses = new Uint32Array(this.names.length);
        for (const concepts of this.layer.methods[method].concepts) for (const concept of concepts) uses[concept] += 1;
        const used = [...uses.entries()].filter(([, n]) => n > 0);
        used.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
        this.uses.set(method, used.slice(0, most));
      }
      return this.uses.get(method);
    }
  }

  return { Search, matching, plain };
})();
