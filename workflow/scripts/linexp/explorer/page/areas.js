"use strict";

// Which part of the images counts for which concept, by activation.
linexp.areas = (() => {
  const { el, svg, tableHead } = linexp.elements;
  const { scrolled } = linexp.cards;
  const { brief, count, fixed, ticks } = linexp.numbers;
  const { NARROW } = linexp.fitting;
  const { roomFor, wider, labelOf } = linexp.areaLabels;
  const N_COLOURS = 7;
  const FEW = 10;
  const BARS = 40;
  const GAP = 6;

  const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

  // sums of the shares of a bin, from the axis outwards
  function stacked(row) {
    let sum = 0;
    return [0, ...row.map((share) => (sum += share ?? 0))];
  }

  // where values of activation and shares lie; below the axis there is as much room as its areas need
  function geometry(edges, lowest) {
    const [width, height] = NARROW.matches ? [380, 200] : [600, 230];
    const [left, top, right, bottom] = [NARROW.matches ? 54 : 56, 26 + BARS, 14, 44];
    const [low, high] = [edges[0], edges[edges.length - 1]];
    return {
      left,
      top,
      right: width - right,
      width,
      height: top + (1 - lowest) * height + bottom,
      x: (value) => left + ((value - low) / (high - low)) * (width - left - right),
      y: (share) => top + (1 - share) * height,
    };
  }

  // shares of concepts by activation: level within a bin, sloping to the next; empty bins stay blank
  function areaChart(areas, method) {
    const { edges, counts, shares, below } = areas;
    const under = below ? below.shares.map(stacked) : [];
    const lowest = -Math.max(0, ...under.map((row) => row[row.length - 1]));
    const box = geometry(edges, lowest);
    const drawing = svg("g");
    const n = areas.names.length;
    const names = [...areas.names, n ? "none of these" : "no concept"];
    const sums = (k, area) => [...stacked(shares[k]), 1][area];
    const labels = drawAreas(drawing, box, areas, sums, names, (area) => area);
    if (below)
      labels.push(
        ...drawAreas(
          drawing,
          box,
          areas,
          (k, area) => -under[k][area],
          below.names,
          (area) => n + 1 + area,
        ),
      );
    drawing.append(...few(box, edges, counts, lowest), ...bars(box, edges, counts), ...labels);
    drawAxes(drawing, box, edges, lowest);
    const label = `Share of images by concept of ${method}, by activation; the table below has the numbers`;
    const view = { viewBox: `0 0 ${box.width} ${box.height}`, class: "chart", role: "img", "aria-label": label };
    return svg("svg", view, stripes(), drawing);
  }

  // a veil over bins of few images
  function few(box, edges, counts, lowest) {
    const [y, foot] = [box.y(1), box.y(lowest)];
    return [...counts.keys()]
      .filter((k) => counts[k] && counts[k] < FEW)
      .map((k) => {
        const x = box.x(edges[k]);
        return svg("rect", { class: "few", x, y, width: box.x(edges[k + 1]) - x, height: foot - y });
      });
  }

  // how many images each bin has, as numbers over bars on a logarithmic scale
  function bars(box, edges, counts) {
    const most = Math.log1p(Math.max(...counts));
    return counts.flatMap((number, k) => {
      const [x, end, foot] = [box.x(edges[k]) + 1, box.x(edges[k + 1]) - 1, box.top - GAP];
      const height = (BARS - GAP) * (Math.log1p(number) / most);
      return [
        svg("rect", { class: "bar-of-bin", x, y: foot - height, width: end - x, height }),
        svg("text", { x: (x + end) / 2, y: foot - height - 4, "text-anchor": "middle" }, short(number)),
      ];
    });
  }

  // areas between neighbouring sums; `colour` gives the number of an area's. Gives back the names that there is room for
  function drawAreas(drawing, box, { edges, counts, names: above }, sum, names, colour) {
    const bin = edges[1] - edges[0];
    const widest = names.map(() => null);
    for (const run of runs(counts)) {
      const ends = run.flatMap((k, place) => [
        [place ? edges[k] + 0.2 * bin : edges[k], k],
        [place < run.length - 1 ? edges[k + 1] - 0.2 * bin : edges[k + 1], k],
      ]);
      for (let area = 0; area < names.length; area++) {
        const outer = ends.map(([at, k]) => [box.x(at), box.y(sum(k, area + 1))]);
        const inner = ends.map(([at, k]) => [box.x(at), box.y(sum(k, area))]).reverse();
        const d = `${path([...outer, ...inner])}Z`;
        drawing.append(svg("path", { d, class: areaClass(colour(area), above.length) }));
        if (isStriped(colour(area), above.length)) drawing.append(svg("path", { d, fill: "url(#stripes)" }));
        widest[area] = wider(widest[area], roomFor(names[area], outer, inner.toReversed()));
      }
    }
    return widest.flatMap((room, area) => (room ? [labelOf(names[area], room)] : []));
  }

  function drawAxes(drawing, box, edges, lowest) {
    const foot = box.y(lowest);
    const text = (content, x, y, anchor, kind) =>
      drawing.append(svg("text", { x, y, "text-anchor": anchor, class: kind }, content));
    drawing.append(svg("line", { x1: box.left, x2: box.right, y1: box.y(0), y2: box.y(0) }));
    for (const edge of edges)
      drawing.append(svg("line", { x1: box.x(edge), x2: box.x(edge), y1: box.y(0), y2: box.y(0) + 4 }));
    for (const [value, told] of ticks(edges[0], edges[edges.length - 1])) text(told, box.x(value), foot + 18, "middle");
    const least = Math.ceil(10 * lowest) / 10;
    for (const share of [1, 0.5, 0, ...(least <= -0.2 ? [least] : [])])
      text(`${fixed(100 * Math.abs(share), 0)} %`, box.left - 7, box.y(share) + 4, "end");
    text("activation", (box.left + box.right) / 2, box.height - 6, "middle", "strong");
    text("images", box.left - 7, box.top - GAP - 4, "end");
  }

  // areas above are numbered from 0, that of no concept is `n`, those below the axis follow
  const place = (area, n) => (area > n ? area - 1 : area);
  const areaClass = (area, n) => (area === n ? "area none" : `area colour-${place(area, n) % N_COLOURS}`);
  const isStriped = (area, n) => area > n || (area >= N_COLOURS && area < n);
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
    const n = areas.names.length;
    const item = (area, text) => el("li", null, swatch(area, n), el("span", null, text));
    const named = ({ names, weights }, first) =>
      names.map((name, k) => item(first + k, weights[k] === null ? name : `${brief(weights[k])} · ${name}`));
    const few = areas.counts.some((number) => number && number < FEW);
    const note = [
      areas.below && "Below the axis are images with a concept of negative weight.",
      few && `Pale: fewer than ${FEW} images.`,
      "The bars above are numbers of images, on a logarithmic scale.",
    ].filter(Boolean);
    return el(
      "div",
      null,
      el("ul", { class: "legend" }, named(areas, 0), item(n, n ? "none of these" : "no concept")),
      areas.below && el("ul", { class: "legend" }, named(areas.below, n + 1)),
      note.length > 0 && el("p", { class: "note" }, note.join(" ")),
    );
  }

  function swatch(area, n) {
    const box = { width: 14, height: 14, rx: 3 };
    return svg(
      "svg",
      { viewBox: "0 0 14 14", class: "swatch", "aria-hidden": "true" },
      svg("rect", { ...box, class: areaClass(area, n) }),
      isStriped(area, n) && svg("rect", { ...box, fill: "url(#stripes)" }),
    );
  }

  function areaTable(areas) {
    const under = areas.below?.names ?? [];
    const head = ["activation", "images", ...areas.names, "none", ...under.map((name) => `− ${name}`)];
    const percent = (share) => (share === null ? "–" : `${fixed(100 * share, 0)} %`);
    const rows = areas.counts.map((number, k) => {
      const none = number ? 1 - areas.shares[k].reduce((sum, share) => sum + share, 0) : null;
      const cells = [
        short(number),
        ...areas.shares[k].map(percent),
        percent(none),
        ...(areas.below?.shares[k] ?? []).map(percent),
      ];
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
      scrolled("Shares by activation", el("table", { class: "plain" }, tableHead(head), el("tbody", null, rows))),
    );
  }

  return { areaChart, areaLegend, areaTable };
})();
