"use strict";

linexp.charts = (() => {
  const { el, svg } = linexp.elements;
  const { brief, count, fixed, ticks } = linexp.numbers;
  const { address, describe, picture } = linexp.pictures;
  const N_COLOURS = 7;

  const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

  // shares of concepts by activation: level within a bin, sloping to the next; empty bins stay blank
  function areaChart(areas, method) {
    const [width, height, left, top, right, bottom] = [600, 300, 56, 26, 8, 44];
    const { edges, counts, shares } = areas;
    const low = edges[0];
    const high = edges[edges.length - 1];
    const x = (value) => left + ((value - low) / (high - low)) * (width - left - right);
    const y = (share) => top + (1 - share) * (height - top - bottom);
    const bin = edges[1] - edges[0];
    const stacked = shares.map((row) => {
      let sum = 0;
      return [0, ...row.map((share) => (sum += share ?? 0)), 1];
    });
    const drawing = svg("g");
    for (const run of runs(counts)) {
      for (let area = 0; area <= areas.names.length; area++) {
        const ends = run.flatMap((k, place) => [
          [place ? edges[k] + 0.2 * bin : edges[k], k],
          [place < run.length - 1 ? edges[k + 1] - 0.2 * bin : edges[k + 1], k],
        ]);
        const above = ends.map(([at, k]) => [x(at), y(stacked[k][area + 1])]);
        const below = ends.map(([at, k]) => [x(at), y(stacked[k][area])]).reverse();
        drawing.append(svg("path", { d: `${path([...above, ...below])}Z`, class: areaClass(area, areas.names.length) }));
        if (area >= N_COLOURS && area < areas.names.length)
          drawing.append(svg("path", { d: `${path([...above, ...below])}Z`, fill: "url(#stripes)" }));
      }
    }
    counts.forEach((number, k) => {
      drawing.append(svg("text", { x: x(edges[k] + bin / 2), y: top - 9, "text-anchor": "middle" }, short(number)));
    });
    edges.forEach((edge, k) => {
      drawing.append(svg("line", { x1: x(edge), x2: x(edge), y1: y(0), y2: y(0) + 4 }));
      const anchor = k === edges.length - 1 ? "end" : "middle";
      if (k % 2 === 0) drawing.append(svg("text", { x: x(edge), y: y(0) + 18, "text-anchor": anchor }, brief(edge)));
    });
    for (const share of [0, 0.5, 1])
      drawing.append(svg("text", { x: left - 7, y: y(share) + 4, "text-anchor": "end" }, `${100 * share} %`));
    drawing.append(svg("text", { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle", class: "strong" }, "activation"));
    drawing.append(svg("text", { x: left - 7, y: top - 9, "text-anchor": "end" }, "images"));
    const label = `Share of images by concept of ${method}, in 8 bins of the activation; the table below has the numbers`;
    return svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart", role: "img", "aria-label": label }, stripes(), drawing);
  }

  const areaClass = (area, n) => (area === n ? "area none" : `area colour-${area % N_COLOURS}`);
  const short = (number) => (number < 10000 ? count(number) : `${Math.round(number / 1000)}k`);

  function runs(counts) {
    const found = [];
    counts.forEach((number, k) => {
      if (!number) return;
      if (k && counts[k - 1]) found[found.length - 1].push(k);
      else found.push([k]);
    });
    return found;
  }

  function stripes() {
    const line = svg("path", { d: "M-1 7L7 -1M-1 1L1 -1M5 7L7 5", class: "stripe" });
    return svg("defs", null, svg("pattern", { id: "stripes", width: 6, height: 6, patternUnits: "userSpaceOnUse" }, line));
  }

  function areaLegend(areas) {
    const item = (area, ...text) => el("li", null, swatch(area, areas.names.length), el("span", null, ...text));
    const items = areas.names.map((name, area) => {
      const weight = areas.weights[area];
      return item(area, weight === null ? name : `${brief(weight)} · ${name}`);
    });
    items.push(item(areas.names.length, areas.names.length ? "none of these" : "no concept"));
    const left = areas.left_out.map(([name, weight]) => `${brief(weight)} · ${name}`).join(", ");
    return el("div", null, el("ul", { class: "legend" }, items), left && el("p", { class: "note" }, `Negative, so not charted: ${left}`));
  }

  function swatch(area, n) {
    const box = { width: 14, height: 14, rx: 3 };
    const striped = area >= N_COLOURS && area < n;
    return svg("svg", { viewBox: "0 0 14 14", class: "swatch", "aria-hidden": "true" },
      svg("rect", { ...box, class: areaClass(area, n) }), striped && svg("rect", { ...box, fill: "url(#stripes)" }));
  }

  function areaTable(areas) {
    const head = ["activation", "images", ...areas.names, "none"];
    const percent = (share) => (share === null ? "–" : `${fixed(100 * share, 0)} %`);
    const rows = areas.counts.map((number, k) => {
      const none = number ? 1 - areas.shares[k].reduce((sum, share) => sum + share, 0) : null;
      const cells = [short(number), ...areas.shares[k].map(percent), percent(none)];
      return el("tr", null, el("th", { scope: "row" }, `${brief(areas.edges[k])} to ${brief(areas.edges[k + 1])}`), cells.map((cell) => el("td", null, cell)));
    });
    return el("details", null, el("summary", null, "The numbers"),
      el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Shares by activation" },
        el("table", { class: "plain" }, el("thead", null, el("tr", null, head.map((name) => el("th", { scope: "col" }, name)))), el("tbody", null, rows))));
  }

  // simulated against real activations; a point under the pointer, or the one that the slider is at, shows its image
  class Scatter {
    static width = 560;
    static height = 420;
    static margin = { left: 52, right: 14, top: 14, bottom: 44 };

    constructor(rows, real) {
      this.rows = rows;
      this.real = real;
      this.order = [...real.keys()].sort((a, b) => real[b] - real[a]);
      this.points = svg("g", { class: "points" });
      this.images = svg("g");
      this.axes = svg("g");
      this.line = svg("line", { class: "fit" });
      this.ring = svg("circle", { r: 7, class: "ring", visibility: "hidden" });
      this.circles = rows.map(() => svg("circle", { r: 3 }));
      this.points.append(...this.circles);
      const box = `0 0 ${Scatter.width} ${Scatter.height}`;
      this.drawing = svg("svg", { viewBox: box, class: "chart scatter", role: "img", "aria-label": "Real against simulated activations; the slider below goes through the images" },
        this.axes, this.line, this.points, this.images, this.ring);
      this.drawing.addEventListener("pointermove", (event) => this.pick(event));
      this.drawing.addEventListener("pointerdown", (event) => this.pick(event));
      this.card = el("div", { class: "point-card", "aria-live": "polite" });
      this.slider = el("input", { type: "range", min: 0, max: rows.length - 1, value: 0, "aria-label": "Image, from the highest activation to the lowest", oninput: () => this.show(this.order[this.slider.value]) });
      this.withImages = el("input", { type: "checkbox", onchange: () => this.drawImages() });
      this.element = el("div", { class: "scatter-box" }, this.drawing,
        el("div", { class: "scatter-tools" }, this.card,
          el("div", null, el("label", { class: "check" }, this.withImages, " images as points"), this.slider)));
    }

    update(simulated, fit) {
      const { width, height, margin } = Scatter;
      this.simulated = simulated;
      const span = (values) => {
        let [low, high] = [Infinity, -Infinity];
        for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
        return high > low ? [low, high] : [low - 0.5, high + 0.5];
      };
      const [sLow, sHigh] = span(simulated);
      const [rLow, rHigh] = span(this.real);
      const x = (value) => margin.left + ((value - sLow) / (sHigh - sLow)) * (width - margin.left - margin.right);
      const y = (value) => height - margin.bottom - ((value - rLow) / (rHigh - rLow)) * (height - margin.top - margin.bottom);
      this.places = this.rows.map((_, i) => [x(simulated[i]), y(this.real[i])]);
      this.places.forEach(([cx, cy], i) => {
        this.circles[i].setAttribute("cx", cx.toFixed(1));
        this.circles[i].setAttribute("cy", cy.toFixed(1));
      });
      this.drawAxes(x, y, [sLow, sHigh], [rLow, rHigh]);
      const ends = fit ? this.clipped(fit, [sLow, sHigh], [rLow, rHigh]) : null;
      this.line.setAttribute("visibility", ends ? "visible" : "hidden");
      if (ends) ends.forEach(([s, r], k) => {
        this.line.setAttribute(`x${k + 1}`, x(s).toFixed(1));
        this.line.setAttribute(`y${k + 1}`, y(r).toFixed(1));
      });
      this.drawImages();
      this.show(this.shown ?? this.order[0]);
    }

    // the ends of the fitted line inside the axes; null if it is not inside
    clipped({ slope, intercept }, [sLow, sHigh], [rLow, rHigh]) {
      if (!slope) return null;
      const at = [(rLow - intercept) / slope, (rHigh - intercept) / slope].sort((a, b) => a - b);
      const [begin, end] = [Math.max(sLow, at[0]), Math.min(sHigh, at[1])];
      return begin < end ? [begin, end].map((s) => [s, slope * s + intercept]) : null;
    }

    drawAxes(x, y, [sLow, sHigh], [rLow, rHigh]) {
      const { width, height, margin } = Scatter;
      const base = height - margin.bottom;
      this.axes.replaceChildren(
        svg("path", { class: "axis", d: `M${margin.left} ${margin.top}V${base}H${width - margin.right}` }),
        ...ticks(sLow, sHigh).map(([value, text], k) => svg("text", { x: x(value), y: base + 18, "text-anchor": ["start", "middle", "end"][k] }, text)),
        ...ticks(rLow, rHigh).map(([value, text]) => svg("text", { x: margin.left - 8, y: y(value) + 4, "text-anchor": "end" }, text)),
        svg("text", { x: (margin.left + width) / 2, y: height - 6, "text-anchor": "middle", class: "strong" }, "simulated"),
        svg("text", { x: 14, y: (margin.top + base) / 2, "text-anchor": "middle", class: "strong", transform: `rotate(-90 14 ${(margin.top + base) / 2})` }, "real activation"),
      );
    }

    // one image a cell of a grid, so that they do not hide each other
    drawImages() {
      this.images.replaceChildren();
      this.points.classList.toggle("faint", this.withImages.checked);
      if (!this.withImages.checked) return;
      const cell = 34;
      const taken = new Set();
      for (const i of this.order) {
        const [x, y] = this.places[i];
        const name = `${Math.floor(x / cell)} ${Math.floor(y / cell)}`;
        if (taken.has(name)) continue;
        taken.add(name);
        const corner = { x: (Math.floor(x / cell) * cell + 2).toFixed(0), y: (Math.floor(y / cell) * cell + 2).toFixed(0) };
        this.images.append(svg("image", { href: address(this.rows[i]), width: cell - 4, height: cell - 4, ...corner }));
      }
    }

    pick(event) {
      const box = this.drawing.getBoundingClientRect();
      const scale = Scatter.width / box.width;
      const [x, y] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
      let [best, nearest] = [Infinity, null];
      this.places.forEach(([px, py], i) => {
        const distance = (px - x) ** 2 + (py - y) ** 2;
        if (distance < best) [best, nearest] = [distance, i];
      });
      if (best < 40 ** 2) {
        this.slider.value = this.order.indexOf(nearest);
        this.show(nearest);
      }
    }

    show(i) {
      const moved = this.shown !== i;
      this.shown = i;
      const [x, y] = this.places[i];
      this.ring.setAttribute("cx", x);
      this.ring.setAttribute("cy", y);
      this.ring.setAttribute("visibility", "visible");
      const row = this.rows[i];
      const facts = el("p", null, el("strong", null, describe(row)), el("br"), `real ${brief(this.real[i])}`, el("br"), `simulated ${brief(this.simulated[i])}`);
      if (moved || !this.card.firstChild) this.card.replaceChildren(picture(row, ""), facts);
      else this.card.lastChild.replaceWith(facts);
      this.slider.setAttribute("aria-valuetext", `${describe(row)}, real ${brief(this.real[i])}, simulated ${brief(this.simulated[i])}`);
    }
  }

  return { areaChart, areaLegend, areaTable, Scatter };
})();
