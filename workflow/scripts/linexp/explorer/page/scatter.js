"use strict";

// Simulated against real activations; a point under the pointer, or the one that the slider is at, shows its image.
linexp.scatter = (() => {
  const { el, svg } = linexp.elements;
  const { brief, ticks } = linexp.numbers;
  const { NARROW } = linexp.fitting;
  const { address, describe, picture } = linexp.pictures;

  const MARGIN = { left: 52, right: 18, top: 14, bottom: 44 };
  const CELL = 34;

  class Scatter {
    constructor(rows, real) {
      this.box = NARROW.matches ? { width: 380, height: 320 } : { width: 560, height: 420 };
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
      const box = `0 0 ${this.box.width} ${this.box.height}`;
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
          el(
            "div",
            null,
            el(
              "label",
              { class: "slider" },
              el("span", null, "Image, from the highest activation to the lowest"),
              this.slider,
            ),
            el("label", { class: "check" }, this.withImages, " images as points"),
          ),
        ),
      );
    }

    update(simulated, fit) {
      const { width, height } = this.box;
      this.simulated = simulated;
      const span = (values) => {
        let [low, high] = [Infinity, -Infinity];
        for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
        return high > low ? [low, high] : [low - 0.5, high + 0.5];
      };
      const [sLow, sHigh] = span(simulated);
      const [rLow, rHigh] = span(this.real);
      const x = (value) => MARGIN.left + ((value - sLow) / (sHigh - sLow)) * (width - MARGIN.left - MARGIN.right);
      const y = (value) =>
        height - MARGIN.bottom - ((value - rLow) / (rHigh - rLow)) * (height - MARGIN.top - MARGIN.bottom);
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
      const { width, height } = this.box;
      const base = height - MARGIN.bottom;
      this.axes.replaceChildren(
        svg("path", { class: "axis", d: `M${MARGIN.left} ${MARGIN.top}V${base}H${width - MARGIN.right}` }),
        ...ticks(sLow, sHigh).map(([value, text]) =>
          svg("text", { x: x(value), y: base + 18, "text-anchor": "middle" }, text),
        ),
        ...ticks(rLow, rHigh).map(([value, text]) =>
          svg("text", { x: MARGIN.left - 8, y: y(value) + 4, "text-anchor": "end" }, text),
        ),
        svg(
          "text",
          { x: (MARGIN.left + width) / 2, y: height - 6, "text-anchor": "middle", class: "strong" },
          "simulated",
        ),
        svg(
          "text",
          {
            x: 14,
            y: (MARGIN.top + base) / 2,
            "text-anchor": "middle",
            class: "strong",
            transform: `rotate(-90 14 ${(MARGIN.top + base) / 2})`,
          },
          "real activation",
        ),
      );
    }

    // one image a cell of a grid within the axes, so that they hide neither each other nor a tick
    drawImages() {
      this.images.replaceChildren();
      this.points.classList.toggle("faint", this.withImages.checked);
      if (!this.withImages.checked) return;
      const { width, height } = this.box;
      const columns = Math.floor((width - MARGIN.left - MARGIN.right) / CELL);
      const rows = Math.floor((height - MARGIN.top - MARGIN.bottom) / CELL);
      const taken = new Set();
      for (const i of this.order) {
        const [x, y] = this.places[i];
        const column = Math.min(columns - 1, Math.floor((x - MARGIN.left) / CELL));
        const row = Math.min(rows - 1, Math.floor((y - MARGIN.top) / CELL));
        const name = `${column} ${row}`;
        if (taken.has(name)) continue;
        taken.add(name);
        const corner = { x: MARGIN.left + column * CELL + 2, y: MARGIN.top + row * CELL + 2 };
        this.images.append(svg("image", { href: address(this.rows[i]), width: CELL - 4, height: CELL - 4, ...corner }));
      }
    }

    pick(event) {
      const box = this.drawing.getBoundingClientRect();
      const scale = this.box.width / box.width;
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
