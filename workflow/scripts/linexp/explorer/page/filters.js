"use strict";

// What leaves out neurons beside the search: histograms of what is known of a method's explanations and of activations.
linexp.filters = (() => {
  const { Histogram } = linexp.histograms;
  const { meanings } = linexp.beliefs;

  const capital = (text) => text[0].toUpperCase() + text.slice(1);

  // the lowest and the highest of values that may be null, and 0
  function endsOf(lists) {
    let [low, high] = [0, 0];
    for (const values of lists)
      for (const value of values)
        if (value !== null) {
          if (value < low) low = value;
          if (value > high) high = value;
        }
    return [low, high];
  }

  class Filters {
    constructor(layer, onchange) {
      this.layer = layer;
      this.ends = new Map();
      const histogram = (name, whole = false) => new Histogram(name, onchange, whole);
      this.value = histogram("value");
      this.length = histogram("length", true);
      this.maximum = histogram("maximum");
      this.meanings = histogram("meanings");
      this.chance = histogram("chance");
      this.rate = histogram("q");
      this.histograms = [this.value, this.length, this.maximum, this.meanings, this.chance, this.rate];
    }

    get elements() {
      return this.histograms.map((one) => one.element);
    }

    // what is charted; axes cover all methods, so that a handle stays where it is when another method is shown
    prepare(method, score) {
      const charted = `${method}:${score}`;
      if (charted === this.charted) return;
      this.charted = charted;
      const { methods, scores: labels, maxima, titles } = this.layer;
      const of = ` of ${titles[method]}`;
      const chart = (histogram, label, values, key = histogram.name) => {
        if (!this.ends.has(key)) this.ends.set(key, endsOf(Object.values(methods).map(values)));
        histogram.prepare(label, values(methods[method]), this.ends.get(key));
      };
      chart(this.value, `${capital(labels[score])}${of}`, (one) => one.scores[score], `value:${score}`);
      chart(this.length, `Number of concepts${of}`, (one) => one.concepts.map((concepts) => concepts.length));
      if (!this.maximum.values) this.maximum.prepare("Highest activation", maxima, endsOf([maxima]));
      chart(this.meanings, `Meanings${of}`, (one) => one.spread.map(meanings));
      chart(this.chance, `Chance${of}`, (one) => one.null_p95);
      chart(this.rate, `q${of}`, (one) => one.q);
    }

    get narrowed() {
      return this.histograms.some((one) => one.narrowed);
    }

    // whether a place is left in; null if all are
    keeping() {
      const narrowed = this.histograms.filter((one) => one.narrowed);
      return narrowed.length ? (place) => narrowed.every((one) => one.keeps(place)) : null;
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
      this.value.reset();
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
