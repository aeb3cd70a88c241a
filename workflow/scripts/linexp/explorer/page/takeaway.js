"use strict";

// What one takes away: the rows of the table as CSV, and an explanation as text and as LaTeX. Texts are those that
// `linexp export` writes.
linexp.takeaway = (() => {
  const { el, saveFile } = linexp.elements;
  const { of: keptOf, offer: offerNotes } = linexp.kept;
  const { card } = linexp.cards;
  const { BEST, methodOf } = linexp.headline;
  const DIGITS = 3;
  const FORMULA = /^'*[=+\-@\t\r]/; // what a spreadsheet would compute, or an apostrophe keeps from that
  const LATEX = { "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}" };

  // Σ weight · concept + bias, with concepts written by `named(size, concept)`; null where there is none
  function sum(layer, shown, place, named) {
    const { concepts, weights, bias } = layer.methods[shown];
    if (!concepts[place].length) return null;
    const parts = concepts[place].map((concept, k) => [
      weights[place][k],
      (size) => named(size, layer.concepts[concept]),
    ]);
    if (bias[place]) parts.push([bias[place], (size) => size]);
    return parts.reduce((text, [value, write], k) => {
      const sign = k ? (value < 0 ? " - " : " + ") : value < 0 ? "-" : "";
      return text + sign + write(Math.abs(value).toFixed(DIGITS));
    }, "");
  }

  const asText = (layer, shown, place) => sum(layer, shown, place, (size, name) => `${size}·${name}`);

  const escaped = (name) => name.replace(/[\\~^{}$&#_%]/g, (letter) => LATEX[letter] ?? `\\${letter}`);

  // for amsmath
  function asLatex(layer, shown, place) {
    const found = sum(layer, shown, place, (size, name) => `${size}\\,\\text{${escaped(name)}}`);
    return found && `$${found}$`;
  }

  function cell(value) {
    if (value === null || value === undefined) return "";
    const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  // a row for each place: the explanation that the table shows, what is known of it, and the score by each method
  function csv(layer, shown, score, places) {
    const method = layer.methods[shown];
    const others = Object.keys(layer.methods);
    const columns = {
      neuron: (place) => layer.neurons[place],
      ...(layer.names && { name: (place) => layer.names[place] }),
      method: (place) => methodOf(layer, shown, place),
      explanation: (place) => asText(layer, shown, place) ?? method.status[place],
      verdict: (place) => layer.verdicts[method.verdict[place]],
      q_value: (place) => method.q[place],
      null_p95: (place) => method.null_p95[place],
      dead: (place) => Boolean(layer.dead[place]),
      starred: (place) => keptOf(layer.neurons[place]).star,
      note: (place) => keptOf(layer.neurons[place]).note,
      [score]: (place) => method.scores[score][place],
      ...Object.fromEntries(
        others.map((name) => [`${score} (${name})`, (place) => layer.methods[name].scores[score][place]]),
      ),
    };
    const rows = places.map((place) => Object.values(columns).map((value) => cell(value(place))));
    return [Object.keys(columns).map(cell), ...rows].map((row) => `${row.join(",")}\r\n`).join("");
  }

  // the buttons that save the rows which the table has, in its order, and what one keeps of neurons
  function offer(table) {
    table.find("#csv").addEventListener("click", () => {
      const { method, score } = table.controls;
      const text = csv(table.layer, method.value, score.value, table.places);
      saveFile("neurons.csv", ["\ufeff", text], "text/csv;charset=utf-8");
    });
    offerNotes(
      (selector) => table.find(selector),
      () => table.update(),
    );
  }

  function quoted(id, label, text) {
    const box = el("textarea", { id, readonly: true, rows: 2, onfocus: () => box.select() }, text);
    const copy = el("button", { type: "button", onclick: () => copied(box, copy) }, "Copy");
    return el("div", { class: "quoted" }, el("label", { for: id }, label), box, copy);
  }

  // to the clipboard, if the browser gives a page of files one; it is selected anyway
  async function copied(box, button) {
    box.select();
    const done = navigator.clipboard?.writeText(box.value).then(
      () => true,
      () => false,
    );
    button.textContent = (await done) ? "Copied" : "Selected: copy it by Ctrl C";
  }

  // the card of a neuron: its best explanation, to quote
  function content(layer, place) {
    const text = asText(layer, BEST, place);
    if (text === null) return null;
    return card(
      "take",
      "Take away",
      "The explanation by its best method, with weights of P. In LaTeX it needs the package amsmath.",
      quoted("as-text", "As text", text),
      quoted("as-latex", "As LaTeX", asLatex(layer, BEST, place)),
    );
  }

  return { offer, content };
})();
