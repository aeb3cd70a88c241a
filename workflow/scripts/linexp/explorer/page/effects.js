"use strict";

// What a neuron does to the output: the classes that it raises and lowers.
linexp.effects = (() => {
  const { el } = linexp.elements;
  const { count, signedBrief, brief } = linexp.numbers;
  const { scrolled } = linexp.cards;

  const LINEAR =
    "The logits are a linear map of this layer. A class is raised by what the neuron's weight in that map is above its " +
    "mean over all classes, times the activation: what raises all classes alike changes no probability.";
  const REPLAYED = (images) =>
    "More than a linear map follows this layer, so it was run again. A class is raised by what its logit is above that " +
    `with the neuron at its mean, on average over the ${images} images with its highest activations, less the mean ` +
    "over all classes: what raises all classes alike changes no probability.";
  const UNKNOWN = "Not known for this layer: no effects on the output are scored (ablation).";

  // the heads of the columns of numbers, and what they have of an effect
  function columnsOf(layer, record) {
    if (layer.effect_images !== null) return [["logit at high activations", (value) => value]];
    return [
      ["logit a unit of activation", (value) => value],
      ["on average", (value) => value * record.mean],
      ["at its highest", (value) => value * record.maximum],
    ];
  }

  function classesOf(title, pairs, columns) {
    const widest = Math.max(...pairs.map(([, value]) => Math.abs(value)), 1e-12);
    const bar = (value) =>
      el("span", {
        class: value < 0 ? "fill negative" : "fill",
        style: { left: "0%", right: `${(100 - (100 * Math.abs(value)) / widest).toFixed(1)}%` },
      });
    const rows = pairs.map(([name, value]) =>
      el(
        "tr",
        null,
        el("th", { scope: "row" }, name),
        el("td", { class: "effect" }, el("span", { class: "score-bar" }, bar(value))),
        columns.map(([, of]) => el("td", null, signedBrief(of(value)))),
      ),
    );
    const [first, ...others] = columns.map(([head]) => head);
    const heads = el(
      "thead",
      null,
      el(
        "tr",
        null,
        heading(title),
        heading(first, 2),
        others.map((one) => heading(one)),
      ),
    );
    return scrolled(title, el("table", { class: "plain effects" }, heads, el("tbody", null, rows)));
  }

  const heading = (text, colspan = null) => el("th", { scope: "col", colspan }, text);

  // in one line, for the head of the page
  function briefly(record) {
    const { output } = record;
    if (!output) return null;
    const names = (pairs) => pairs.slice(0, 2).map(([name]) => name);
    const parts = [
      output.raises.length && `raises ${names(output.raises).join(", ")}`,
      output.lowers.length && `lowers ${names(output.lowers).join(", ")}`,
    ].filter(Boolean);
    return parts.length ? `On the output it ${parts.join("; it ")}.` : "It changes no class against others.";
  }

  function content(layer, record) {
    const { output } = record;
    if (!output) return [el("p", { class: "note" }, UNKNOWN)];
    const columns = columnsOf(layer, record);
    return [
      el("p", { class: "note" }, layer.effect_images === null ? LINEAR : REPLAYED(count(layer.effect_images))),
      el(
        "div",
        { class: "two" },
        output.raises.length > 0 && classesOf("Raises", output.raises, columns),
        output.lowers.length > 0 && classesOf("Lowers", output.lowers, columns),
      ),
      el(
        "p",
        { class: "note" },
        `Of ${count(output.classes)} classes; its mean activation is ${brief(record.mean)}, ` +
          `its highest ${brief(record.maximum)}.`,
      ),
    ];
  }

  return { briefly, content };
})();
