"use strict";

// What the table says of a search for concepts: the share that they are of each explanation, and where to go on.
linexp.found = (() => {
  const { el, scoreBar } = linexp.elements;
  const { count, fixed } = linexp.numbers;
  const MOST = 8;

  const address = (name) => `#${new URLSearchParams({ concept: name })}`;
  const percent = (share) => `${fixed(100 * share, 0)} %`;

  // the column that the rows are ordered by; `ranked` is what a search gives, `shown` the method whose explanations are
  function shareColumn(layer, ranked, shown) {
    const order = new Map();
    for (const place of ranked.keys()) order.set(place, -order.size);
    let from = 0;
    for (const { share } of ranked.values()) from = Math.min(from, share);
    return {
      name: "share",
      label: "Share",
      title: "which part of the explanation is what you search for; rows are ordered by it times the score",
      kind: "share",
      width: 5,
      value: (place) => order.get(place) ?? null,
      cell: (place) => {
        const { share, method } = ranked.get(place);
        return [
          el("span", { class: "value" }, percent(share)),
          scoreBar(share, null, null, from),
          method !== shown && el("span", { class: "by" }, `by ${layer.titles[method]}`),
        ];
      },
    };
  }

  const link = (layer, concept, title) =>
    el("a", { href: address(layer.concepts[concept]), title }, layer.concepts[concept]);

  const links = (layer, concepts, title) =>
    concepts.flatMap((concept, k) => [k ? " · " : "", link(layer, concept, title)]);

  // of the concepts that a search marks those that explain most, as links to their pages
  function note(layer, { marked, loose, ranked }) {
    if (!ranked) return [];
    if (!marked.size) return ["No concept has a word that begins so."];
    const uses = usesOf(layer);
    const concepts = [...marked].sort((a, b) => uses[b] - uses[a] || a - b);
    const more = concepts.length - MOST;
    return [
      loose && "No concept has all of these words; these have some: ",
      !loose && (concepts.length === 1 ? "Concept: " : "Concepts: "),
      ...links(layer, concepts.slice(0, MOST), "its page"),
      more > 0 && ` and ${count(more)} more`,
    ].filter(Boolean);
  }

  // concepts that are near to those of a search, and not among them
  function near(layer, { marked }, facts) {
    const best = new Map();
    for (const concept of marked)
      for (const [other, cosine] of facts.related[concept])
        if (!marked.has(other)) best.set(other, Math.max(cosine, best.get(other) ?? 0));
    const concepts = [...best].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([concept]) => concept);
    return concepts.length ? ["Near in meaning: ", ...links(layer, concepts.slice(0, MOST), "its page")] : [];
  }

  // both, the second when it is loaded, if the search is still the same then
  function tellFound(box, layer, found, isStill) {
    box.replaceChildren(...note(layer, found));
    if (!found.marked.size) return;
    linexp.load("concept_facts").then((facts) => {
      if (isStill(found)) box.append(el("span", { class: "near" }, near(layer, found, facts)));
    });
  }

  // buttons that ask for concepts, each with how many explanations it is in
  function offerCommon(box, layer, common, ask) {
    const button = ([concept, uses]) => {
      const name = layer.concepts[concept];
      return el("button", { type: "button", onclick: () => ask(name) }, name, el("span", null, ` ${count(uses)}`));
    };
    box.replaceChildren(...common.map(button));
  }

  const known = new WeakMap();

  // how many explanations each concept is in
  function usesOf(layer) {
    if (!known.has(layer)) {
      const uses = layer.concepts.map(() => 0);
      for (const { concepts } of Object.values(layer.methods))
        for (const list of concepts) for (const concept of list) uses[concept] += 1;
      known.set(layer, uses);
    }
    return known.get(layer);
  }

  return { percent, shareColumn, tellFound, offerCommon, link, usesOf };
})();
