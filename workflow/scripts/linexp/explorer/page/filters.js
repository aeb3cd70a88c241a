"use strict";

// What leaves out neurons beside the search: the histograms of a score, of lengths and of activations.
linexp.filters = (() => {
  const { Histogram } = linexp.histograms;

  const capital = (text) => text[0].toUpperCase() + text.slice(1);

  class Filters {
    constructor(layer, onchange) {
      this.layer = layer;
      this.histograms = [
        new Histogram("value", onchange),
        new Histogram("length", onchange, true),
        new Histogram("maximum", onchange),
      ];
    }

    get elements() {
      return this.histograms.map((one) => one.element);
    }

    // what is charted; axes cover all methods, so that a handle stays where it is when another method is shown
    prepare(method, score) {
      const [value, length, maximum] = this.histograms;
      const { methods, scores: labels, maxima } = this.layer;
      const ofAll = (values) => Object.values(methods).flatMap(values);
      const scores = (one) => one.scores[score];
      const lengths = (one) => one.concepts.map((concepts) => concepts.length);
      value.prepare(`${capital(labels[score])} of ${method}`, scores(methods[method]), ofAll(scores));
      length.prepare(`Number of concepts of ${method}`, lengths(methods[method]), ofAll(lengths));
      maximum.prepare("Highest activation", maxima, maxima);
    }

    get narrowed() {
      return this.histograms.some((one) => one.narrowed);
    }

    keeps(place) {
      return this.histograms.every((one) => one.keeps(place));
    }

    draw(places) {
      for (const one of this.histograms) one.draw(places);
    }

    // those that leave something out, in words
    asked() {
      return this.histograms.filter((one) => one.narrowed).map((one) => one.asked);
    }

    // values of another score mean something else
    forgetScore() {
      this.histograms[0].reset();
    }

    save(state) {
      for (const one of this.histograms) if (one.narrowed) state.set(one.name, one.text);
    }

    restore(state) {
      for (const one of this.histograms) one.text = state.get(one.name);
    }
  }

  return { Filters };
})();
