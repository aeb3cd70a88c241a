"use strict";

// A histogram of one value of all neurons, with two handles that leave out what lies outside. What is kept is said in
// values, which mean the same whatever is charted; null is an open end.
linexp.histograms = (() => {
  const { el, svg } = linexp.elements;
  const { fixed, count, niceStep, decimals } = linexp.numbers;
  const MOST_BINS = 24;
  const HEIGHT = 56;
  const OPEN = [null, null];
  const NONE = -1;
  const ROUNDING = 1e-9; // of a value at the edge of a bin

  const exact = (value) => Number(value.toPrecision(12));

  // "0.2..0.6", "5.." and "..9"; open at both ends if it is nothing of the kind
  function parse(text) {
    const ends = (text ?? "").split("..").map((end) => (end === "" ? null : Number(end)));
    return ends.length === 2 && ends.every((end) => end === null || Number.isFinite(end)) ? ends : OPEN;
  }

  class Histogram {
    // `whole` where values are whole numbers
    constructor(name, onchange, whole = false) {
      this.name = name;
      this.whole = whole;
      this.range = OPEN;
      const handle = (end) => el("input", { type: "range", min: 0, oninput: () => this.moved(end, onchange) });
      this.handles = [handle(0), handle(1)];
      this.bars = svg("svg", { preserveAspectRatio: "none", "aria-hidden": "true" });
      this.told = el("span", { class: "told" });
      this.title = el("span", { class: "name" });
      this.element = el(
        "div",
        { class: "histogram", role: "group" },
        el("div", { class: "histogram-title" }, this.title, this.told),
        this.bars,
        el("div", { class: "handles" }, this.handles),
      );
    }

    get narrowed() {
      return this.range.some((end) => end !== null);
    }

    get text() {
      return this.range.map((end) => end ?? "").join("..");
    }

    set text(text) {
      this.range = parse(text);
    }

    reset() {
      this.range = OPEN;
    }

    // `values` of all neurons, null where undefined; the axis reaches from `low` to `high`, and so may those of others
    prepare(label, values, [low, high]) {
      this.values = values;
      this.step = niceStep((high - low || 1) / MOST_BINS);
      if (this.whole) this.step = Math.max(1, this.step);
      this.low = exact(Math.floor(exact(low / this.step)) * this.step);
      this.bins = Math.max(1, Math.ceil(exact((high - this.low + (this.whole ? 1 : 0)) / this.step)));
      this.title.textContent = label;
      this.element.setAttribute("aria-label", `${label}, filter`);
      this.binOf = new Int16Array(values.length);
      this.all = this.emptyBins();
      values.forEach((value, place) => {
        const bin = value === null ? NONE : this.bin(value);
        this.binOf[place] = bin;
        if (bin !== NONE) this.all[bin] += 1;
      });
      this.handles.forEach((handle, end) => {
        handle.max = this.bins;
        handle.setAttribute("aria-label", `${label}: ${end ? "at most" : "at least"}`);
      });
      this.bars.setAttribute("viewBox", `0 0 ${this.bins * 10} ${HEIGHT}`);
    }

    emptyBins() {
      return Array.from({ length: this.bins }, () => 0);
    }

    // how many of these neurons each bin has
    counted(places) {
      const counts = this.emptyBins();
      for (const place of places) if (this.binOf[place] !== NONE) counts[this.binOf[place]] += 1;
      return counts;
    }

    // the value that a handle at this position stands for; the last of a bin where values are whole
    valueAt(end, position) {
      return exact(this.low + position * this.step - (end && this.whole ? 1 : 0));
    }

    // that of a handle, at an end of the axis if its value is open or lies beyond
    position(end) {
      const value = this.range[end];
      if (value === null) return end ? this.bins : 0;
      const place = Math.round((value + (end && this.whole ? 1 : 0) - this.low) / this.step);
      return end ? Math.min(this.bins, Math.max(1, place)) : Math.max(0, Math.min(this.bins - 1, place));
    }

    moved(end, onchange) {
      const moved = Number(this.handles[end].value);
      const place = end ? Math.max(moved, this.position(0) + 1) : Math.min(moved, this.position(1) - 1);
      this.handles[end].value = place;
      const open = place === (end ? this.bins : 0);
      this.range = [...this.range];
      this.range[end] = open ? null : this.valueAt(end, place);
      onchange();
    }

    keeps(place) {
      if (!this.narrowed) return true;
      const value = this.values[place];
      const [low, high] = this.range;
      return value !== null && (low === null || value >= low) && (high === null || value <= high);
    }

    format(value) {
      return fixed(value, decimals(this.step));
    }

    get ends() {
      const ends = [0, 1].map((end) => this.format(this.range[end] ?? this.valueAt(end, end ? this.bins : 0)));
      return ends.join(" to ");
    }

    get asked() {
      return `${this.title.textContent} ${this.ends}`;
    }

    bin(value) {
      return Math.max(0, Math.min(this.bins - 1, Math.floor((value - this.low) / this.step + ROUNDING)));
    }

    draw(places) {
      this.handles.forEach((handle, end) => {
        handle.value = this.position(end);
        handle.setAttribute("aria-valuetext", this.format(this.range[end] ?? this.valueAt(end, handle.value)));
      });
      const [all, kept] = [this.all, this.counted(places)];
      const tallest = Math.max(...all, 1);
      const bar = (n, k) => `M${k * 10 + 0.7} ${HEIGHT}v${(-(HEIGHT - 2) * n) / tallest}h8.6V${HEIGHT}z`;
      const bars = (counts, kind) => svg("path", { d: counts.map(bar).join(""), class: kind });
      const title = (n, k) => {
        const ends = [this.valueAt(0, k), this.valueAt(1, k + 1)].map((value) => this.format(value));
        const said = ends[0] === ends[1] ? ends[0] : ends.join(" to ");
        return svg("title", null, `${said}: ${neurons(n)}, ${count(kept[k])} of them shown`);
      };
      this.bars.replaceChildren(
        bars(all, "all"),
        bars(kept, "kept"),
        ...all.map((n, k) => svg("rect", { x: k * 10, width: 10, height: HEIGHT, class: "aim" }, title(n, k))),
      );
      let fits = 0;
      for (let place = 0; place < this.values.length; place++)
        if (this.values[place] !== null && this.keeps(place)) fits++;
      this.told.textContent = `${this.ends}: ${neurons(fits)}`;
    }
  }

  const neurons = (n) => `${count(n)} neuron${n === 1 ? "" : "s"}`;

  return { Histogram };
})();
