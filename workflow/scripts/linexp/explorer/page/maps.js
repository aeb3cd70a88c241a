"use strict";

// Maps over images: where a neuron fires in an image, and where its explanation says.
linexp.maps = (() => {
  const { el, tableHead } = linexp.elements;
  const { brief, fixed } = linexp.numbers;
  const { picture, frame } = linexp.pictures;
  const LEVELS = 255;
  // viridis, evenly spaced from low to high
  const COLOURS = [
    "440154",
    "482878",
    "3e4989",
    "31688e",
    "26828e",
    "1f9e89",
    "35b779",
    "6ece58",
    "b5de2b",
    "fde725",
  ].map((hex) => [0, 2, 4].map((k) => parseInt(hex.slice(k, k + 2), 16)));

  const between = (a, b, share) => a.map((value, k) => Math.round(value + share * (b[k] - value)));

  function colour(share) {
    const at = share * (COLOURS.length - 1);
    const below = Math.min(Math.floor(at), COLOURS.length - 2);
    return between(COLOURS[below], COLOURS[below + 1], at - below);
  }

  // the values of the k-th of some maps, row by row, with its size and the ends of the scale
  function unpack({ height, width, low, high, steps }, k) {
    const bytes = atob(steps);
    const size = height * width;
    const values = Float64Array.from({ length: size }, (_, i) => {
      return low + ((high - low) * bytes.charCodeAt(k * size + i)) / LEVELS;
    });
    return { height, width, low, high, values };
  }

  function canvas({ height, width, low, high, values }, label) {
    const drawn = el("canvas", { height, width, role: "img", "aria-label": label });
    const context = drawn.getContext("2d");
    const pixels = context.createImageData(width, height);
    values.forEach((value, i) => {
      pixels.data.set([...colour(high > low ? (value - low) / (high - low) : 0), LEVELS], 4 * i);
    });
    context.putImageData(pixels, 0, 0);
    return drawn;
  }

  // where the highest cell is, in words
  function highest({ width, height, values }) {
    const at = values.indexOf(Math.max(...values));
    const [row, column] = [Math.floor(at / width) + 1, (at % width) + 1];
    return `highest ${brief(values[at])} in row ${row} of ${height}, column ${column} of ${width}`;
  }

  // an image with a map over what the network sees of it
  function panel(row, map, title) {
    const [left, top, width, height] = frame(row).map((share) => `${100 * share}%`);
    const drawn = canvas(map, `${title}, ${highest(map)}`);
    for (const [name, value] of Object.entries({ left, top, width, height })) drawn.style.setProperty(name, value);
    return el(
      "figure",
      { class: "enlarged" },
      el("div", { class: "seen" }, picture(row, ""), drawn),
      el("figcaption", null, el("strong", null, title), el("br"), `${highest(map)}; of all its images `, scale(map)),
    );
  }

  // the ends of the scale with its colours between
  function scale({ low, high }) {
    const stops = COLOURS.map((_, k) => `rgb(${COLOURS[k].join(" ")})`).join(", ");
    const bar = el("span", {
      class: "ramp",
      "aria-hidden": "true",
      style: { background: `linear-gradient(90deg, ${stops})` },
    });
    return el("span", { class: "scale" }, brief(low), " ", bar, " ", brief(high));
  }

  // the numbers of a map
  function table(map, title) {
    const rows = Array.from({ length: map.height }, (_, row) => {
      const cells = Array.from(map.values.subarray(row * map.width, (row + 1) * map.width));
      return el(
        "tr",
        null,
        el("th", { scope: "row" }, row + 1),
        cells.map((value) => el("td", null, fixed(value, 3))),
      );
    });
    const columns = Array.from({ length: map.width }, (_, column) => column + 1);
    return el(
      "table",
      { class: "plain map-values" },
      el("caption", null, title),
      tableHead(["", ...columns]),
      el("tbody", null, rows),
    );
  }

  // the maps of an image that a neuron shows, as [title, map]; none of other images
  async function load(layer, row, neuron) {
    if (!layer.maps || neuron === null || !frame(row)) return [];
    const shown = await linexp.load(`maps/${neuron}`);
    const k = shown.images.indexOf(row);
    if (k < 0) return [];
    const { method, simulator } = layer.maps;
    const said = shown.simulated && `Where ${layer.titles[method]} says so, simulated by ${simulator}`;
    return [
      [`Where neuron ${neuron} fires`, unpack(shown.real, k)],
      ...(shown.simulated ? [[said, unpack(shown.simulated, k)]] : []),
    ];
  }

  return { load, panel, table };
})();
