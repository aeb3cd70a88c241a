"use strict";

// A histogram of one value of all neurons, with two handles that leave out what lies outside.
linexp.histograms = (() => {
  const { el, svg } = linexp.elements;
  const { brief } = linexp.numbers;
  const BINS = 24;

  class Histogram {
    constructor(name, label, onchange, told = brief) {
      this.name = name;
      this.format = told;
      this.range = [0, BINS];
      const handle = (end) =>
        el("input", {
          type: "range",
          min: 0,
          max: BINS,
          value: this.range[end],
          "aria-label": `${label}: ${end ? "at most" : "at least"}`,
          oninput: () => this.moved(end, onchange),
        });
      this.handles = [handle(0), handle(1)];
      this.bars = svg("svg", { viewBox: `0 0 ${BINS * 10} 56`, preserveAspectRatio: "none", "aria-hidden": "true" });
      this.told = el("span", { class: "told" });
      this.title = el("span", { class: "name" }, label);
      this.element = el(
        "div",
        { class: "histogram", role: "group", "aria-label": `${label}, filter` },
        el("div", { class: "histogram-title" }, this.title, this.told),
        this.bars,
        el("div", { class: "handles" }, this.handles),
      );
    }

    moved(end, onchange) {
      const value = Number(this.handles[end].value);
      this.range[end] = end ? Math.max(value, this.range[0] + 1) : Math.min(value, this.range[1] - 1);
      this.handles[end].value = this.range[end];
      onchange();
    }

    get narrowed() {
      return this.range[0] > 0 || this.range[1] < BINS;
    }

    reset() {
      this.set([0, BINS]);
    }

    set(range) {
      this.range = range;
      this.handles.forEach((handle, end) => (handle.value = range[end]));
    }

    // the values of all neurons, null where undefined
    prepare(values, low = null) {
      this.values = values;
      const known = values.filter((value) => value !== null);
      this.low = low ?? Math.min(0, ...known);
      this.high = Math.max(...known, this.low + 1e-9);
      this.bin = (value) => Math.min(BINS - 1, Math.floor(((value - this.low) / (this.high - this.low)) * BINS));
    }

    keeps(place) {
      if (!this.narrowed) return true;
      const value = this.values[place];
      return value !== null && this.bin(value) >= this.range[0] && this.bin(value) < this.range[1];
    }

    draw(places) {
      const count = (list) => {
        const counts = new Array(BINS).fill(0);
        for (const place of list) if (this.values[place] !== null) counts[this.bin(this.values[place])] += 1;
        return counts;
      };
      const all = count(this.values.keys());
      const kept = count(places);
      const tallest = Math.max(...all, 1);
      const bars = (counts, kind) =>
        counts.map((n, k) =>
          svg("rect", {
            x: k * 10 + 0.7,
            width: 8.6,
            y: 56 - (54 * n) / tallest,
            height: (54 * n) / tallest,
            class: kind,
          }),
        );
      this.bars.replaceChildren(...bars(all, "all"), ...bars(kept, "kept"));
      const edge = (k) => this.low + (k / BINS) * (this.high - this.low);
      this.told.textContent = `${this.format(edge(this.range[0]))} to ${this.format(edge(this.range[1]))}`;
      this.handles.forEach((handle, end) => handle.setAttribute("aria-valuetext", this.format(edge(this.range[end]))));
    }
  }

  return { Histogram, BINS };
})();
