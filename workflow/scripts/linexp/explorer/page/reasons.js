"use strict";

// Whether a neuron has one meaning or several, and why it is not explained better.
linexp.reasons = (() => {
  const { el, tableHead, scoreBar } = linexp.elements;
  const { verdictText, reasonTold, ceilings } = linexp.words;
  const { meanings } = linexp.beliefs;
  const { fixed } = linexp.numbers;
  const { card, scrolled } = linexp.cards;

  const isKnown = (value) => value !== null && value !== undefined;

  // { kind, text } of how many meanings an explanation is spread over, as the table counts them, and of how it compares
  // with random sets, of which there is no percentile for a single concept; null where it is not known
  function meaning(spread, percentile) {
    const number = meanings(spread);
    if (number === null) return null;
    const [told, nearest] = [fixed(number, 1), Math.round(Number(number.toFixed(1)))];
    const kind = nearest === 1 ? "One meaning" : `About ${nearest} meanings`;
    if (!isKnown(percentile)) return { kind, text: "a single concept adds to it" };
    const random = `${fixed(percentile, 0)} % of random sets of as many concepts are spread less`;
    return { kind, text: `spread like ${told} concepts, equally strong and unlike each other; ${random}` };
  }

  // a line for the head of a page, of one method; nothing where it is not known
  function glance(layer, method, place) {
    const { spread, spread_rank: percentile } = layer.methods[method];
    const found = meaning(spread[place], percentile[place]);
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
      ` (${verdictText(row.verdict)}): ${reasonTold(row.why_not)}.`,
      lacks || [],
    );
  }

  function table(rows, layer) {
    const cell = (value, kind) =>
      el("td", { class: `score wide ${kind}` }, el("span", { class: "value" }, fixed(value, 3)), scoreBar(value));
    const body = rows.map((row) =>
      el(
        "tr",
        null,
        el("th", { scope: "row" }, layer.titles[row.method]),
        cell(row.correlation, "own"),
        ceilings().map(([name]) => cell(row[name], "ceiling")),
      ),
    );
    const head = tableHead(["Method", "explanation", ...ceilings().map(([, text]) => text)]);
    return el("table", { class: "plain ceilings" }, head, el("tbody", null, body));
  }

  return { meaning, glance, whyNot };
})();
