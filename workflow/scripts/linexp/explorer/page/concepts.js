"use strict";

// The page of one concept: which neurons it explains, its images, and how well image-text models see it.
linexp.concepts = (() => {
  const { el, tableHead, terms, breakable, scoreBar, scaleFrom } = linexp.elements;
  const { fixed, count } = linexp.numbers;
  const { figure } = linexp.pictures;
  const { card, scrolled } = linexp.cards;
  const { percent, link, usesOf } = linexp.found;
  const MOST_NEURONS = 50;
  const N_IMAGES = 12;
  const MEASURES =
    "AUC: how often an image with the label is more similar to the word than one without it; 0.5 is guessing. AP: the " +
    "average precision of finding the images with the label; guessing reaches their share.";

  const plural = (n, word) => `${count(n)} ${word}${n === 1 ? "" : "s"}`;

  function heading(layer, concept, found) {
    const name = layer.concepts[concept];
    const [above, below] = [
      found.filter(({ share }) => share >= 0).length,
      found.filter(({ share }) => share < 0).length,
    ];
    const told = found.length
      ? `It is in explanations of ${plural(found.length, "neuron")}: of ${count(above)} with a positive weight, ` +
        `of ${count(below)} with a negative one alone.`
      : "No explanation has it.";
    const all = new URLSearchParams({ q: name, in: "all" });
    return el(
      "div",
      { class: "concept-head" },
      el("h1", { tabindex: -1 }, el("span", { class: "note" }, "Concept "), name),
      el("p", { class: "lead" }, told, " ", found.length > 0 && el("a", { href: `#${all}` }, "In the table")),
    );
  }

  function neurons(layer, concept, found) {
    const from = scaleFrom(found.map(({ share }) => share));
    const rows = found.slice(0, MOST_NEURONS).map(({ place, method, share, score }) => {
      const { concepts, weights, bias } = layer.methods[method];
      const neuron = layer.neurons[place];
      const options = { marked: new Set([concept]), bias: bias[place], most: 8 };
      return el(
        "tr",
        null,
        el("th", { scope: "row" }, el("a", { href: `#neuron=${neuron}` }, `Neuron ${neuron}`)),
        el(
          "td",
          { class: "score wide" },
          el("strong", { class: "value" }, percent(share)),
          scoreBar(share, null, null, from),
        ),
        el("td", { class: "score" }, el("span", { class: "value" }, fixed(score, 3))),
        el(
          "td",
          { class: "words" },
          el("div", { class: "terms" }, terms(concepts[place], weights[place], layer.concepts, options)),
        ),
        el("td", { class: "by" }, layer.titles[method]),
      );
    });
    const head = tableHead(["Neuron", "Share", "Correlation", "Explanation", "Method"]);
    const table = el(
      "table",
      { class: "plain of-concept" },
      el("caption", { class: "hidden" }, `Neurons that ${layer.concepts[concept]} explains`),
      head,
      el("tbody", null, rows),
    );
    const more = found.length > MOST_NEURONS ? ` The first ${MOST_NEURONS} of ${count(found.length)}.` : "";
    const note =
      "The share is its weight among the sizes of all weights, by the method for which share times correlation is " +
      `highest; where it is negative the concept lowers the neuron.${more}`;
    return card("its-neurons", "Which neurons respond to it", note, scrolled("Table of its neurons", table));
  }

  // the test images of the folder with the highest P
  function images(layer, p) {
    const order = [...p.keys()].sort((a, b) => p[b] - p[a] || a - b).slice(0, N_IMAGES);
    const scope =
      layer.sample.length === layer.test_images
        ? `all ${count(layer.test_images)} test images`
        : `${count(layer.sample.length)} of ${count(layer.test_images)} test images`;
    return card(
      "its-images",
      "Images that have it most",
      `Of ${scope}, by P of ${layer.simulator}.`,
      el(
        "div",
        { class: "pictures six" },
        order.map((i) => figure(layer.sample[i], `P ${fixed(p[i], 2)}`)),
      ),
    );
  }

  // a row a model, with the cells of the k-th
  function modelTable(models, measures, cells) {
    const rows = models.map(([name, role], k) =>
      el("tr", null, el("th", { scope: "row" }, breakable(name)), el("td", null, role), cells(k)),
    );
    return el("table", { class: "plain" }, tableHead(["Model", "Role", ...measures]), el("tbody", null, rows));
  }

  // how well models know where it is in images, beside what whole images tell of that
  function knowledgeAtPlaces(concept, facts) {
    const title = "How well image-text models know where it is";
    const known = facts.places[concept];
    if (!known) return card("known", title, "No pixel label says where it is, so that it cannot be tested here.");
    const [places, ...measures] = known;
    const of = ["at places", "of images"].flatMap((where) =>
      ["AUC", "AP", "IoU"].map((measure) => `${measure} ${where}`),
    );
    const table = modelTable(facts.models, of, (k) => measures[k].map((value) => el("td", null, fixed(value, 3))));
    const note =
      `It covers half or more of ${plural(places, "place")} of test images. AUC and AP (average precision) of finding these, ` +
      "IoU at the threshold that is best on train: by the similarity of each place, and by that of its whole image.";
    return card("known", title, note, scrolled("Table of models", table));
  }

  function knowledge(layer, concept, facts) {
    if (facts.at_places) return knowledgeAtPlaces(concept, facts);
    const title = "How well image-text models see it";
    const known = facts.known[concept];
    if (!known) {
      const none = facts.labelled_images
        ? "No image of this probe is labelled with it, so that it cannot be tested here."
        : "The images have no labels, so that it cannot be tested here.";
      return card("known", title, none);
    }
    const [positives, ...scores] = known;
    const share = positives / facts.labelled_images;
    const note = `${count(positives)} of ${count(facts.labelled_images)} images (${fixed(100 * share, 1)} %) have this label. ${MEASURES}`;
    const table = modelTable(facts.models, ["AUC", "AP"], (k) =>
      scores[k].map((value) =>
        el("td", { class: "score wide" }, el("strong", { class: "value" }, fixed(value, 3)), scoreBar(value)),
      ),
    );
    return card("known", title, note, scrolled("Table of models", table));
  }

  function related(layer, concept, facts) {
    const uses = usesOf(layer);
    const items = facts.related[concept].map(([other, cosine]) =>
      el(
        "li",
        null,
        link(layer, other),
        el("span", { class: "note" }, ` cosine ${fixed(cosine)}, in ${plural(uses[other], "explanation")}`),
      ),
    );
    return card(
      "related",
      "Near in meaning",
      `Concepts of explanations whose texts are nearest by ${layer.simulator}, what all texts share taken off.`,
      items.length ? el("ul", { class: "related" }, items) : el("p", { class: "note" }, "none"),
    );
  }

  // fill the section with a concept, by its name; `search` knows the names
  async function show(section, layer, search, name) {
    const concept = search.named(name);
    if (concept === undefined) {
      section.replaceChildren(
        el("h1", { tabindex: -1 }, "No such concept"),
        el("p", null, `“${name}” is none of the ${count(layer.concepts.length)} concepts that are here. `),
        el("p", null, el("a", { href: `#${new URLSearchParams({ q: name })}` }, "Search for it")),
      );
      return;
    }
    linexp.pictures.showOf(null);
    const [facts, p] = await Promise.all([linexp.load("concept_facts"), linexp.presence(concept, layer)]);
    const found = search.ranking(() => new Set([concept]), Object.keys(layer.methods), "correlation");
    section.replaceChildren(
      heading(layer, concept, found),
      ...(found.length ? [neurons(layer, concept, found)] : []),
      images(layer, p),
      el("div", { class: "columns" }, knowledge(layer, concept, facts), related(layer, concept, facts)),
    );
  }

  return { show };
})();
