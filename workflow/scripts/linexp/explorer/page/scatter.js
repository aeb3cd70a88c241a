"use strict";

// Simulated against real activations; a point under the pointer, or the one that the slider is at, shows its image.
linexp.scatter = (() => {
  const { el, svg } = linexp.elements;
  const { brief, ticks } = linexp.numbers;
  const { address, describe, picture } = linexp.pictures;

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
      this.drawing = svg(
        "svg",
        {
          viewBox: box,
          class: "chart scatter",
          role: "img",
          "aria-label": "Real against simulated activations; the slider below goes through the images",
        },
        this.axes,
        this.line,
        this.points,
        this.images,
        this.ring,
      );
      this.drawing.addEventListener("pointermove", (event) => this.pick(event));
      this.drawing.addEventListener("pointerdown", (event) => this.pick(event));
      this.card = el("div", { class: "point-card", "aria-live": "polite" });
      this.slider = el("input", {
        type: "range",
        min: 0,
        max: rows.length - 1,
        value: 0,
        "aria-label": "Image, from the highest activation to the lowest",
        oninput: () => this.show(this.order[this.slider.value]),
      });
      this.withImages = el("input", { type: "checkbox", onchange: () => this.drawImages() });
      this.element = el(
        "div",
        { class: "scatter-box" },
        this.drawing,
        el(
          "div",
          { class: "scatter-tools" },
          this.card,
          el("div", null, el("label", { class: "check" }, this.withImages, " images as points"), this.slider),
        ),
      );
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
      const y = (value) =>
        height - margin.bottom - ((value - rLow) / (rHigh - rLow)) * (height - margin.top - margin.bottom);
      this.places = this.rows.map((_, i) => [x(simulated[i]), y(this.real[i])]);
      this.places.forEach(([cx, cy], i) => {
        this.circles[i].setAttribute("cx", cx.toFixed(1));
        this.circles[i].setAttribute("cy", cy.toFixed(1));
      });
      this.drawAxes(x, y, [sLow, sHigh], [rLow, rHigh]);
      const ends = fit ? this.clipped(fit, [sLow, sHigh], [rLow, rHigh]) : null;
      this.line.setAttribute("visibility", ends ? "visible" : "hidden");
      if (ends)
        ends.forEach(([s, r], k) => {
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
        ...ticks(sLow, sHigh).map(([value, text], k) =>
          svg("text", { x: x(value), y: base + 18, "text-anchor": ["start", "middle", "end"][k] }, text),
        ),
        ...ticks(rLow, rHigh).map(([value, text]) =>
          svg("text", { x: margin.left - 8, y: y(value) + 4, "text-anchor": "end" }, text),
        ),
        svg(
          "text",
          { x: (margin.left + width) / 2, y: height - 6, "text-anchor": "middle", class: "strong" },
          "simulated",
        ),
        svg(
          "text",
          {
            x: 14,
            y: (margin.top + base) / 2,
            "text-anchor": "middle",
            class: "strong",
            transform: `rotate(-90 14 ${(margin.top + base) / 2})`,
          },
          "real activation",
        ),
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
        const corner = {
          x: (Math.floor(x / cell) * cell + 2).toFixed(0),
          y: (Math.floor(y / cell) * cell + 2).toFixed(0),
        };
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
      const facts = el(
        "p",
        null,
        el("strong", null, describe(row)),
        el("br"),
        `real ${brief(this.real[i])}`,
        el("br"),
        `simulated ${brief(this.simulated[i])}`,
      );
      if (moved || !this.card.firstChild) this.card.replaceChildren(picture(row, ""), facts);
      else this.card.lastChild.replaceWith(facts);
      this.slider.setAttribute(
        "aria-valuetext",
        `${describe(row)}, real ${brief(this.real[i])}, simulated ${brief(this.simulated[i])}`,
      );
    }
  }

  return { Scatter };
})();
