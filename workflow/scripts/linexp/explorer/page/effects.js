"use strict";

// What a neuron does to the output: the classes that it raises and lowers.
linexp.effects = (() => {
  const { el, tableHead } = linexp.elements;
  const { count, signedBrief, brief } = linexp.numbers;
  const { scrolled } = linexp.cards;

  const LINEAR =
    "The logits are a linear map of this layer. A class is raised by what the neuron's weight in that map is above its " +
    "mean over all classes, times the activation: what raises all classes alike changes no probability.";
  const UNKNOWN =
    "Not known for this layer: what follows it is no linear map, or no effects on the output are scored (ablation).";

  function classesOf(title, pairs, record) {
    const widest = Math.max(...pairs.map(([, value]) => Math.abs(value)), 1e-12);
    const rows = pairs.map(([name, value]) =>
      el(
        "tr",
        null,
        el("th", { scope: "row" }, name),
        el(
          "td",
          { class: "effect" },
          el(
            "span",
            { class: "score-bar" },
            el("span", {
              class: value < 0 ? "fill negative" : "fill",
              style: { left: "0%", right: `${(100 - (100 * Math.abs(value)) / widest).toFixed(1)}%` },
            }),
          ),
        ),
        el("td", null, signedBrief(value)),
        el("td", null, signedBrief(value * record.mean)),
        el("td", null, signedBrief(value * record.maximum)),
      ),
    );
    const head = tableHead([title, "", "logit a unit of activation", "on average", "at its highest"]);
    return scrolled(title, el("table", { class: "plain effects" }, head, el("tbody", null, rows)));
  }

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

  function content(record) {
    const { output } = record;
    if (!output) return [el("p", { class: "note" }, UNKNOWN)];
    return [
      el("p", { class: "note" }, LINEAR),
      el(
        "div",
        { class: "two" },
        output.raises.length > 0 && classesOf("Raises", output.raises, record),
        output.lowers.length > 0 && classesOf("Lowers", output.lowers, record),
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
