"use strict";

// Try your own: concepts and weights are edited, and what they predict is compared with the neuron at once.
linexp.workbench = (() => {
  const { el, scoreBar, scaleFrom } = linexp.elements;
  const { simulate, correlate, fixed, brief, count, signed } = linexp.numbers;
  const { Scatter } = linexp.scatter;
  const { figure } = linexp.pictures;
  const { tries } = linexp;
  const N_ERRORS = 6;

  class Workbench {
    // `tried` has what the address says was tried, and saves it there
    constructor(layer, record, tried) {
      this.layer = layer;
      this.tried = tried;
      this.real = linexp.unpack(record.activations);
      this.explanations = record.explanations;
      this.best = record.scores[0]?.best_method;
      this.ids = new Map(layer.concepts.map((name, concept) => [name, concept]));
      this.scatter = new Scatter(layer.sample, this.real);
      this.build();
    }

    build() {
      const { layer } = this;
      const usable = Object.keys(this.explanations).filter((method) => this.explanations[method].concepts.length);
      this.starts = usable.map((method) =>
        el(
          "button",
          { type: "button", "data-method": method, onclick: () => this.start(method) },
          layer.titles[method],
        ),
      );
      this.rows = el("ul", { class: "weights", "aria-label": "Concepts and weights" });
      this.problem = el("p", { class: "problem", role: "alert" });
      this.addition = el("input", {
        id: "addition",
        list: "concepts",
        autocomplete: "off",
        placeholder: "a concept",
        onfocus: offerConcepts.bind(null, layer),
      });
      this.result = el("output", { class: "result", "aria-live": "polite" });
      this.errors = el("div", { class: "errors" });
      const scope =
        layer.sample.length === layer.test_images
          ? `all ${count(layer.test_images)} test images`
          : `${count(layer.sample.length)} of ${count(layer.test_images)} test images, drawn at random`;
      const form = el(
        "form",
        {
          class: "addition",
          onsubmit: (event) => {
            event.preventDefault();
            this.add();
          },
        },
        el("label", { for: "addition" }, "Add a concept"),
        this.addition,
        el("button", { type: "submit" }, "Add"),
      );
      this.element = el(
        "div",
        { class: "workbench" },
        el(
          "div",
          { class: "editor" },
          this.result,
          el(
            "p",
            { class: "note" },
            `The correlation of Σ weight · P with the neuron on ${scope}. `,
            `P is that of ${layer.simulator}, for ${count(layer.concepts.length)} concepts.`,
          ),
          el(
            "div",
            { class: "starts", role: "group", "aria-label": "Start from the explanation by" },
            el("span", { class: "note" }, "Start from"),
            this.starts,
          ),
          this.rows,
          form,
          this.problem,
        ),
        this.scatter.element,
      );
      this.terms = [];
      this.first = [this.best, layer.main].find((method) => usable.includes(method)) ?? usable[0];
      this.ready = this.restore(usable);
    }

    restore(usable) {
      const { state } = this.tried;
      const from = usable.includes(state.get("from")) ? state.get("from") : this.first;
      const terms = tries.read(state, this.ids);
      const ready = from ? this.start(from) : this.update();
      if (terms === null) return ready;
      this.terms = terms;
      this.drawRows();
      return this.update();
    }

    save() {
      const start = this.explanations[this.reference] ?? { concepts: [], weights: [] };
      const from = this.reference === this.first ? [] : [["from", this.reference]];
      this.tried.save("own", [...from, ...tries.written(this.terms, start, this.layer.concepts)]);
    }

    start(method) {
      const { concepts, weights } = this.explanations[method];
      this.terms = concepts.map((concept, k) => ({ concept, weight: weights[k] }));
      this.reference = method;
      this.starts.forEach((button) => button.setAttribute("aria-pressed", button.dataset.method === method));
      this.drawRows();
      return this.update();
    }

    add() {
      const name = this.addition.value.trim();
      const concept = this.ids.get(name) ?? this.ids.get(name.toLowerCase());
      this.problem.textContent = "";
      if (concept === undefined) {
        this.problem.textContent = name
          ? `“${name}” is not among the ${count(this.layer.concepts.length)} concepts whose P is here.`
          : "Name a concept first.";
        return;
      }
      if (this.terms.some((term) => term.concept === concept)) {
        this.problem.textContent = `“${this.layer.concepts[concept]}” is there already.`;
        return;
      }
      const sizes = this.terms.map((term) => Math.abs(term.weight)).filter(Boolean);
      const weight = sizes.length ? sizes.reduce((a, b) => a + b) / sizes.length : 1;
      this.terms.push({ concept, weight: Number(weight.toPrecision(3)) });
      this.addition.value = "";
      this.drawRows();
      this.update();
    }

    drawRows() {
      const largest = Math.max(...this.terms.map((term) => Math.abs(term.weight)), 0) || 1;
      const most = 2 * largest;
      this.rows.replaceChildren(
        ...this.terms.map((term) => {
          const name = this.layer.concepts[term.concept];
          const set = (value, other) => {
            if (!Number.isFinite(value)) return;
            term.weight = value;
            other.value = value;
            this.update();
          };
          const label = `weight of ${name}`;
          const number = el("input", {
            type: "number",
            step: "any",
            value: Number(term.weight.toPrecision(4)),
            "aria-label": label,
          });
          const slider = el("input", {
            type: "range",
            min: -most,
            max: most,
            step: most / 200,
            value: term.weight,
            "aria-label": `${label}, slider`,
          });
          number.addEventListener("input", () => set(number.valueAsNumber, slider));
          slider.addEventListener("input", () => {
            const at = slider.valueAsNumber; // in steps from its lowest value, so that 0 is missed by what is rounded
            set(Math.abs(at) < most / 400 ? 0 : Number(at.toPrecision(3)), number);
          });
          const remove = el(
            "button",
            {
              type: "button",
              class: "remove",
              "aria-label": `remove ${name}`,
              title: "remove",
              onclick: () => this.remove(term),
            },
            "×",
          );
          return el("li", null, el("span", { class: "name" }, name), slider, number, remove);
        }),
      );
    }

    // the focus goes to what came after, so that one can go on
    remove(term) {
      const place = this.terms.indexOf(term);
      this.terms = this.terms.filter((one) => one !== term);
      this.drawRows();
      const buttons = this.rows.querySelectorAll(".remove");
      (buttons[Math.min(place, buttons.length - 1)] ?? this.addition).focus();
      this.update();
    }

    async simulated(terms) {
      const columns = await Promise.all(terms.map((term) => linexp.presence(term.concept, this.layer)));
      return simulate(
        terms.map((term) => term.weight),
        columns,
        this.real.length,
      );
    }

    async update() {
      const asked = (this.asked = Symbol("update"));
      const simulated = await this.simulated(this.terms);
      const start = this.explanations[this.reference];
      const reference =
        start && (await this.simulated(start.concepts.map((concept, k) => ({ concept, weight: start.weights[k] }))));
      if (asked !== this.asked) return;
      this.save();
      const fit = correlate(simulated, this.real);
      this.tell(fit, reference && correlate(reference, this.real));
      this.scatter.update(simulated, fit);
      this.drawErrors(simulated, fit);
    }

    tell(fit, reference) {
      this.result.dataset.value = fit ? fit.r : "";
      if (!fit) {
        this.result.replaceChildren(
          el("strong", null, "–"),
          el("span", null, this.terms.length ? "does not vary" : "no concepts yet"),
        );
        return;
      }
      const change = reference ? fit.r - reference.r : 0;
      const than =
        Math.abs(change) < 5e-7
          ? reference
            ? `as by ${this.layer.titles[this.reference]}`
            : ""
          : `${signed(change)} against ${this.layer.titles[this.reference]}`;
      this.result.replaceChildren(
        el("strong", null, fixed(fit.r, 3)),
        el(
          "span",
          null,
          `95 % interval ${fixed(fit.low, 2)} to ${fixed(fit.high, 2)}`,
          el("br"),
          el("span", { class: change > 0 ? "better" : "" }, than),
        ),
        scoreBar(fit.r, fit.low, fit.high, scaleFrom([fit.r, fit.low])),
      );
    }

    // the images on which the best line through the scatter is furthest off, in both directions
    drawErrors(simulated, fit) {
      if (!fit) {
        this.errors.replaceChildren(
          el("p", { class: "note" }, "Nothing to compare: the prediction or the neuron does not vary."),
        );
        return;
      }
      const predicted = Array.from(simulated, (value) => fit.slope * value + fit.intercept);
      const residual = predicted.map((value, i) => this.real[i] - value);
      const order = [...residual.keys()].sort((a, b) => residual[b] - residual[a]);
      const strip = (title, images) =>
        el(
          "section",
          null,
          el("h3", null, title),
          el(
            "div",
            { class: "pictures six" },
            images.map((i) =>
              figure(this.layer.sample[i], el("b", null, brief(this.real[i])), ` not ${brief(predicted[i])}`),
            ),
          ),
        );
      this.errors.replaceChildren(
        strip("More active than explained", order.slice(0, N_ERRORS)),
        strip("Less active than explained", order.slice(-N_ERRORS).reverse()),
      );
    }
  }

  // the list of names behind the input, made when it is first asked for
  function offerConcepts(layer) {
    const list = document.getElementById("concepts");
    if (!list.firstChild) list.append(...layer.concepts.map((name) => el("option", { value: name })));
  }

  return { Workbench };
})();
