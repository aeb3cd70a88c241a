"use strict";

// Two layers side by side: distributions, methods, verdicts and ceilings, and the concepts that both or one of them have.
linexp.pair = (() => {
  const { el, svg, tableHead } = linexp.elements;
  const { fixed, count } = linexp.numbers;
  const MOST = 30;
  const [WIDTH, HEIGHT, FOOT] = [400, 120, 16];

  const named = (layer) => `${layer.target} / ${layer.layer}`;
  const share = (part, all) => (all ? `${fixed((100 * part) / all, 0)} %` : "–");
  const percent = (part, all) => `${count(part)} (${share(part, all)})`;
  const ends = ([mean, low, high]) =>
    low === null ? fixed(mean, 3) : `${fixed(mean, 3)} [${fixed(low)}, ${fixed(high)}]`;

  // the correlations of a layer's neurons, as shares, on the scale that both layers have
  function histogram(layer, tallest) {
    const all = layer.bins.reduce((sum, n) => sum + n, 0) || 1;
    const width = WIDTH / layer.bins.length;
    const bar = (n, k) => {
      const height = ((HEIGHT - 4) * n) / all / tallest;
      return svg(
        "rect",
        { x: k * width + 1, width: width - 2, y: HEIGHT - height, height, class: "bar-of" },
        svg(
          "title",
          null,
          `${fixed(k / layer.bins.length)} to ${fixed((k + 1) / layer.bins.length)}: ${count(n)} neurons`,
        ),
      );
    };
    const label = (x, text, anchor) => svg("text", { x, y: HEIGHT + FOOT - 3, "text-anchor": anchor }, text);
    const said = `Correlations of the neurons of ${named(layer)}, from 0 to 1`;
    return svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT + FOOT}`, role: "img", "aria-label": said },
      layer.bins.map(bar),
      svg("path", { d: `M0 ${HEIGHT}H${WIDTH}`, class: "axis-of" }),
      label(0, "0 or less", "start"),
      label(WIDTH / 2, "0.5", "middle"),
      label(WIDTH, "1", "end"),
    );
  }

  const tallestOf = (layer) => Math.max(...layer.bins) / (layer.bins.reduce((sum, n) => sum + n, 0) || 1);

  function facts(data, layer) {
    const row = (name, value) => el("tr", null, el("th", { scope: "row" }, name), el("td", null, value));
    return el(
      "table",
      { class: "plain" },
      tableHead(["Of the neurons", "by their best method"]),
      el(
        "tbody",
        null,
        row("neurons", `${count(layer.neurons)}, ${count(layer.dead)} of them dead`),
        data.verdicts.map((name, k) => row(name, percent(layer.verdicts[k], layer.neurons))),
        row("chance, mean 95th percentile", fixed(layer.null)),
        layer.ceilings ? data.ceilings.map((name, k) => row(`ceiling: ${name}`, fixed(layer.ceilings[k]))) : [],
        row("different concepts", count(layer.n_concepts)),
      ),
    );
  }

  function methods(layer) {
    const rows = layer.methods.map((one) =>
      el(
        "tr",
        null,
        el("th", { scope: "row" }, one.title),
        el("td", null, ends(one.correlation)),
        el("td", null, fixed(one.ablation, 3)),
        el("td", null, fixed(one.length, 1)),
      ),
    );
    const heads = tableHead(["Method", "Correlation", "Ablation", "Concepts"]);
    return el("table", { class: "plain" }, heads, el("tbody", null, rows));
  }

  const scrolled = (label, content) =>
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, content);

  function side(data, layer, tallest) {
    return el(
      "section",
      null,
      el("h3", null, named(layer)),
      histogram(layer, tallest),
      scrolled(`Neurons of ${named(layer)}`, facts(data, layer)),
      scrolled(`Methods of ${named(layer)}`, methods(layer)),
    );
  }

  // the concepts that both have, by the lower of the two numbers of neurons, and those that one has alone
  function concepts(data, layers) {
    const [first, second] = layers.map((layer) => new Map(layer.concepts));
    const least = (concept) => Math.min(first.get(concept), second.get(concept));
    const both = [...first.keys()].filter((concept) => second.has(concept));
    both.sort((a, b) => least(b) - least(a) || a - b);
    const alone = (own, other) => [...own.keys()].filter((concept) => !other.has(concept));
    const list = (title, found, said) =>
      el(
        "section",
        null,
        el("h3", null, `${title}: ${count(found.length)}`),
        el(
          "ul",
          null,
          found.slice(0, MOST).map((concept) => el("li", null, `${data.concepts[concept]} ${said(concept)}`)),
        ),
        found.length > MOST && el("p", { class: "note" }, `and ${count(found.length - MOST)} more`),
      );
    return [
      list("Concepts of both", both, (concept) => `(${first.get(concept)}, ${second.get(concept)})`),
      ...[
        [layers[0], first, second],
        [layers[1], second, first],
      ].map(([layer, own, other]) =>
        list(`Only of ${named(layer)}`, alone(own, other), (concept) => `(${own.get(concept)})`),
      ),
    ];
  }

  function content(data, layers) {
    const tallest = Math.max(...layers.map(tallestOf)) || 1;
    const same = layers[0].images === layers[1].images;
    const told = same
      ? "Both are scored on the same images."
      : "They are scored on other images, so that their numbers do not compare.";
    const most = layers.some((layer) => layer.concepts.length < layer.n_concepts);
    return [
      el("p", { class: same ? "note" : "problem" }, told),
      el(
        "div",
        { class: "sides" },
        layers.map((layer) => side(data, layer, tallest)),
      ),
      el("div", { class: "sides thirds" }, concepts(data, layers)),
      most && el("p", { class: "note" }, "Of each layer the most frequent concepts are compared."),
    ].filter(Boolean);
  }

  return { content, named };
})();
