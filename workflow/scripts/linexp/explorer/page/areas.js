"use strict";

// Which part of the images counts for which concept, by activation.
linexp.areas = (() => {
  const { el, svg, tableHead } = linexp.elements;
  const { brief, count, fixed } = linexp.numbers;
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
        drawing.append(
          svg("path", { d: `${path([...above, ...below])}Z`, class: areaClass(area, areas.names.length) }),
        );
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
    drawing.append(
      svg(
        "text",
        { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle", class: "strong" },
        "activation",
      ),
    );
    drawing.append(svg("text", { x: left - 7, y: top - 9, "text-anchor": "end" }, "images"));
    const label = `Share of images by concept of ${method}, by activation; the table below has the numbers`;
    return svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, class: "chart", role: "img", "aria-label": label },
      stripes(),
      drawing,
    );
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
    return svg(
      "defs",
      null,
      svg("pattern", { id: "stripes", width: 6, height: 6, patternUnits: "userSpaceOnUse" }, line),
    );
  }

  function areaLegend(areas) {
    const item = (area, ...text) => el("li", null, swatch(area, areas.names.length), el("span", null, ...text));
    const items = areas.names.map((name, area) => {
      const weight = areas.weights[area];
      return item(area, weight === null ? name : `${brief(weight)} · ${name}`);
    });
    items.push(item(areas.names.length, areas.names.length ? "none of these" : "no concept"));
    const left = areas.left_out.map(([name, weight]) => `${brief(weight)} · ${name}`).join(", ");
    return el(
      "div",
      null,
      el("ul", { class: "legend" }, items),
      left && el("p", { class: "note" }, `Negative, so not charted: ${left}`),
    );
  }

  function swatch(area, n) {
    const box = { width: 14, height: 14, rx: 3 };
    const striped = area >= N_COLOURS && area < n;
    return svg(
      "svg",
      { viewBox: "0 0 14 14", class: "swatch", "aria-hidden": "true" },
      svg("rect", { ...box, class: areaClass(area, n) }),
      striped && svg("rect", { ...box, fill: "url(#stripes)" }),
    );
  }

  function areaTable(areas) {
    const head = ["activation", "images", ...areas.names, "none"];
    const percent = (share) => (share === null ? "–" : `${fixed(100 * share, 0)} %`);
    const rows = areas.counts.map((number, k) => {
      const none = number ? 1 - areas.shares[k].reduce((sum, share) => sum + share, 0) : null;
      const cells = [short(number), ...areas.shares[k].map(percent), percent(none)];
      return el(
        "tr",
        null,
        el("th", { scope: "row" }, `${brief(areas.edges[k])} to ${brief(areas.edges[k + 1])}`),
        cells.map((cell) => el("td", null, cell)),
      );
    });
    return el(
      "details",
      null,
      el("summary", null, "The numbers"),
      el(
        "div",
        { class: "scroll", tabindex: 0, role: "region", "aria-label": "Shares by activation" },
        el("table", { class: "plain" }, tableHead(head), el("tbody", null, rows)),
      ),
    );
  }

  return { areaChart, areaLegend, areaTable };
})();
