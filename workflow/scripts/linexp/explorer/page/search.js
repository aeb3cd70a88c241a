"use strict";

// Which neurons a query asks for. `dog` is a concept, `136` a neuron, `le_label:dog` a concept in the explanations of
// one method; several, with commas between, all have to hold, but any of the numbers will do.
linexp.search = (() => {
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
      return { method, text, number: /^\d+$/.test(text) ? Number(text) : null };
    });
  }

  // concepts of which a word begins with the text
  function matching(text, plainNames) {
    const found = new Set();
    plainNames.forEach((name, concept) => {
      for (let at = name.indexOf(text); at >= 0; at = name.indexOf(text, at + 1)) {
        if (at === 0 || !/[\p{L}\p{N}]/u.test(name[at - 1])) {
          found.add(concept);
          return;
        }
      }
    });
    return found;
  }

  class Search {
    constructor(layer) {
      this.layer = layer;
      this.methods = Object.keys(layer.methods);
      this.names = layer.concepts.map(plain);
    }

    // { places: of neurons, marked: concepts } for a query, in the explanations of one method or of all
    find(query, method, everywhere) {
      const terms = parse(query, this.methods);
      const numbers = new Set(terms.filter((term) => term.number !== null).map((term) => term.number));
      const words = terms.filter((term) => term.number === null && (term.text || term.method));
      const marked = new Set();
      let places = this.layer.neurons.map((_, place) => place);
      if (numbers.size) places = places.filter((place) => numbers.has(this.layer.neurons[place]));
      for (const { method: named, text } of words) {
        const wanted = matching(text, this.names);
        wanted.forEach((concept) => marked.add(concept));
        const methods = named ? [named] : everywhere ? this.methods : [method];
        places = places.filter((place) =>
          methods.some((name) => this.layer.methods[name].concepts[place].some((concept) => wanted.has(concept))),
        );
      }
      return { places, marked };
    }

    // the concepts that explain most neurons
    common(method, most) {
      const uses = new Map();
      for (const concepts of this.layer.methods[method].concepts)
        for (const concept of concepts) uses.set(concept, (uses.get(concept) ?? 0) + 1);
      return [...uses].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, most);
    }
  }

  return { Search };
})();
