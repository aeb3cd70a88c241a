"use strict";

// The explanations of a neuron by all methods: what they are, how well they predict, and whether to believe it.
linexp.methods = (() => {
  const { el, tableHead, terms, badge, scoreBar, scaleFrom, interval, breakable } = linexp.elements;
  const { verdictBadge, rate, fault, faultMark } = linexp.beliefs;
  const { statusText } = linexp.words;
  const { fixed, brief } = linexp.numbers;
  const { scrolled } = linexp.cards;

  const APART = new Set(["method", "simulator", "status", "verdict", "low", "high", "why_not"]);

  // the heads of columns of scores, of which those that fail their sanity check of some method are marked
  const scoreHead = (layer, name, text) =>
    el("th", { scope: "col" }, text, " ", faultMark(layer, name, Object.keys(layer.methods)));

  function head(layer, scores, several) {
    const heads = tableHead(["Method", several && "Simulator", "Explanation", "Verdict"].filter(Boolean));
    heads.firstChild.append(
      scoreHead(layer, "correlation", "Correlation"),
      el("th", { scope: "col" }, "95 % interval"),
      el("th", { scope: "col", title: "what random concepts reach: mean, and 95th percentile" }, "Chance"),
      el("th", { scope: "col", title: "false discovery rate at which it beats chance" }, "q"),
      ...scores.map((name) => scoreHead(layer, name, layer.scores[name])),
    );
    return heads;
  }

  function scoreCell(layer, row, name) {
    const mark = fault(layer, name, [row.method]) && "fault";
    return el("td", { class: `score ${mark ?? ""}` }, el("span", { class: "value" }, fixed(row[name], 3)));
  }

  function explanation(layer, record, row) {
    const { concepts, weights, bias } = record.explanations[row.method];
    if (!concepts.length) return el("span", { class: "none" }, statusText(row.status));
    const options = { link: true, bias, stability: record.stability[row.method] };
    return el("div", { class: "terms" }, terms(concepts, weights, layer.concepts, options));
  }

  function chance(row) {
    if (row.null_p95 === null || row.null_p95 === undefined) return "–";
    return `${fixed(row.null_mean)}, ${fixed(row.null_p95)}`;
  }

  function table(layer, record) {
    const scores = Object.keys(layer.scores).filter((name) => name !== "correlation");
    const several = new Set(record.scores.map((row) => row.simulator)).size > 1;
    const from = scaleFrom(record.scores.flatMap((row) => [row.correlation, row.low]));
    const rows = record.scores.map((row) => {
      const odd = row.status !== "ok" && row.status !== row.verdict && record.explanations[row.method].concepts.length;
      return el(
        "tr",
        { class: row.best_method === row.method ? "best" : null },
        el("th", { scope: "row" }, breakable(layer.titles[row.method])),
        several && el("td", { class: "simulator" }, row.simulator),
        el(
          "td",
          { class: "words" },
          explanation(layer, record, row),
          odd ? badge(statusText(row.status), "warn") : null,
        ),
        el(
          "td",
          { class: "verdict" },
          verdictBadge(row.verdict),
          row.best_method === row.method && [" ", badge("best", "good", "predicts this neuron best on val")],
        ),
        el(
          "td",
          { class: "score wide" },
          el("strong", { class: "value" }, fixed(row.correlation, 3)),
          scoreBar(row.correlation, row.low, row.high, from, row.null_p95),
        ),
        el("td", { class: "interval" }, interval(row.correlation, row.low, row.high)),
        el("td", { class: "chance" }, chance(row)),
        el("td", { class: "rate" }, rate(row.q_value)),
        scores.map((name) => scoreCell(layer, row, name)),
      );
    });
    return el(
      "table",
      { class: "plain methods" },
      el("caption", { class: "hidden" }, "Explanations of all methods with their scores on test images"),
      head(layer, scores, several),
      el("tbody", null, rows),
    );
  }

  // every metric, for those who ask
  function allScores(layer, record) {
    const shown = (name, value) => {
      if (typeof value === "boolean") return value ? "yes" : "no";
      if (typeof value !== "string") return fixed(value, 3);
      return name === "best_method" ? layer.titles[value] : value.replaceAll("_", " ");
    };
    const names = Object.keys(record.scores[0] ?? {}).filter((name) => !APART.has(name));
    const rows = names.map((name) =>
      el(
        "tr",
        null,
        el(
          "th",
          { scope: "row" },
          layer.labels[name] ?? name.replaceAll("_", " "),
          " ",
          faultMark(layer, name, Object.keys(layer.methods)),
        ),
        record.scores.map((row) =>
          el("td", { class: fault(layer, name, [row.method]) && "fault" }, shown(name, row[name] ?? null)),
        ),
      ),
    );
    const heads = tableHead(["Metric", ...record.scores.map((row) => layer.titles[row.method])]);
    const all = el("table", { class: "plain" }, heads, el("tbody", null, rows));
    return el("details", null, el("summary", null, "All metrics"), scrolled("All metrics", all));
  }

  // the concepts of each linear explanation in numbers; nothing where resampling was not asked for
  function stabilities(layer, record) {
    const rows = Object.entries(record.stability).flatMap(([method, stability]) => {
      const { concepts, weights } = record.explanations[method];
      return concepts.map((concept, k) =>
        el(
          "tr",
          null,
          el("th", { scope: "row" }, layer.concepts[concept]),
          el("td", null, layer.titles[method]),
          el("td", null, brief(weights[k])),
          el("td", null, `${Math.round(100 * stability.shares[k])} %`),
          el("td", null, stability.low[k] === null ? "–" : `${brief(stability.low[k])} to ${brief(stability.high[k])}`),
          el(
            "td",
            null,
            stability.instead[k].map(([name, share]) => `${name} ${Math.round(100 * share)} %`).join(", ") || "–",
          ),
        ),
      );
    });
    if (!rows.length) return null;
    const heads = tableHead(["Concept", "Method", "Weight", "Chosen again", "Weight, 95 %", "In its place"]);
    return el(
      "details",
      { class: "stability" },
      el("summary", null, "How stable the concepts are"),
      el("p", { class: "note" }, "By refitting on resampled images, at the same length, among the nearest candidates."),
      scrolled("Stability", el("table", { class: "plain" }, heads, el("tbody", null, rows))),
    );
  }

  // what one reads below the table
  const content = (layer, record) =>
    [
      scrolled("Explanations by method", table(layer, record)),
      stabilities(layer, record),
      allScores(layer, record),
    ].filter(Boolean);

  return { content };
})();
