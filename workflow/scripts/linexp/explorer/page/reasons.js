"use strict";

// Whether a neuron has one meaning or several, and why it is not explained better.
linexp.reasons = (() => {
  const { el, tableHead, scoreBar } = linexp.elements;
  const { verdictText } = linexp.beliefs;
  const { fixed } = linexp.numbers;
  const { card, scrolled } = linexp.cards;
  const [LOW, MIDDLE] = [10, 40];

  const WHY_NOT = {
    too_short: "it is too short: more of these concepts, or others of them, predict the neuron",
    simulator: "the simulator does not see these concepts as the explainer does",
    explainer: "the explainer, or the labels, do not show what the simulator sees",
    no_word: "there is no word for it: the images tell what the neuron does, and no concept here says it",
    neuron: "nothing that was tried predicts the neuron much better from these images",
  };
  const CEILINGS = {
    ceiling_search: "best 10 concepts",
    ceiling_concepts: "all concepts",
    ceiling_simulator: "all, seen by the simulator",
    ceiling_embeddings: "embeddings of the images",
  };
  const isKnown = (value) => value !== null && value !== undefined;

  // { kind, text } of how alike the concepts of an explanation are in meaning; null where it is not known
  function meaning(row) {
    const { polysemanticity: value, polysemanticity_percentile: percentile } = row;
    if (!isKnown(value)) return null;
    if (!isKnown(percentile)) return { kind: "One meaning", text: "a single concept adds to it" };
    const kind = percentile <= LOW ? "One meaning" : percentile <= MIDDLE ? "Related meanings" : "Several meanings";
    const than = `more unlike each other than ${fixed(percentile, 0)} % of random sets of as many`;
    return { kind, text: `its concepts are ${than} (polysemanticity ${fixed(value)})` };
  }

  // a line for the head of a page, of one method; nothing where it is not known
  function glance(record, layer, method) {
    const row = record.scores.find((one) => one.method === method && one.simulator === layer.simulator);
    const found = row && meaning(row);
    return (
      found &&
      el("p", { class: "meaning" }, el("strong", null, found.kind), `: ${found.text}, by ${layer.titles[method]}.`)
    );
  }

  // what any explanation by the P of a method could reach, and why this one does not; nothing where it is not known
  function whyNot(record, layer) {
    const rows = record.scores.filter((row) => row.simulator === layer.simulator && isKnown(row.ceiling_search));
    if (!rows.length) return null;
    const lacking = rows.filter((row) => row.why_not);
    const title = lacking.length ? "Why is it not explained?" : "How much better could it be explained?";
    return card(
      "why-not",
      title,
      "The correlation on test images of the explanation, and beside it of the best that was found of each kind: with ten " +
        "concepts, with all, with all as the simulator sees them, and with the images' embeddings, which need no words.",
      lacking.length > 0 &&
        el(
          "ul",
          { class: "reasons" },
          lacking.map((row) => reason(row, layer)),
        ),
      scrolled("Table of ceilings", table(rows, layer)),
    );
  }

  function reason(row, layer) {
    const lacks = isKnown(row.missing_concept) && [
      " It lacks ",
      el("strong", null, row.missing_concept),
      isKnown(row.missing_correlation)
        ? `, which has a correlation of ${fixed(row.missing_correlation)} with what is left.`
        : ".",
    ];
    return el(
      "li",
      null,
      el("strong", null, layer.titles[row.method]),
      ` (${verdictText(row.verdict)}): ${WHY_NOT[row.why_not]}.`,
      lacks || [],
    );
  }

  function table(rows, layer) {
    const names = Object.keys(CEILINGS);
    const cell = (value, kind) =>
      el("td", { class: `score wide ${kind}` }, el("span", { class: "value" }, fixed(value, 3)), scoreBar(value));
    const body = rows.map((row) =>
      el(
        "tr",
        null,
        el("th", { scope: "row" }, layer.titles[row.method]),
        cell(row.correlation, "own"),
        names.map((name) => cell(row[name], "ceiling")),
      ),
    );
    const head = tableHead(["Method", "explanation", ...Object.values(CEILINGS)]);
    return el("table", { class: "plain ceilings" }, head, el("tbody", null, body));
  }

  return { WHY_NOT, CEILINGS, meaning, glance, whyNot };
})();
