"use strict";

// The fields above the table: search, method, score, status, filters; what the address keeps of them.
linexp.controls = (() => {
  const { el } = linexp.elements;
  const { fault } = linexp.beliefs;
  const { verdictText, verdictRank, reasonText } = linexp.words;
  const { BEST } = linexp.headline;
  const { Filters } = linexp.filters;
  const [NONE, KEPT] = ["by_none", "kept"];

  class Controls {
    constructor(layer, section, onchange) {
      this.layer = layer;
      this.methods = Object.keys(layer.methods);
      this.scores = Object.keys(layer.scores);
      const find = (selector) => section.querySelector(selector);
      this.filters = new Filters(layer, onchange);
      this.query = find("#query");
      this.query.addEventListener("input", onchange);
      const select = (id, entries) => {
        const element = find(id);
        element.append(...entries.map(([value, text]) => el("option", { value }, text)));
        element.addEventListener("change", onchange);
        return element;
      };
      const named = this.methods.map((name) => [name, layer.titles[name]]);
      this.score = find("#score");
      this.score.addEventListener("change", () => this.filters.forgetScore());
      this.method = select("#method", layer.shown === BEST ? [[BEST, layer.titles[BEST]], ...named] : named);
      select("#score", this.scoreEntries());
      this.status = select("#status", this.statusEntries());
      this.why = select("#why", [["", "any reason"], ...layer.reasons.map((name) => [name, reasonText(name)])]);
      this.best = select("#best", [["", "any method"], ...named]);
      this.everywhere = find("#everywhere");
      this.everywhere.addEventListener("change", onchange);
      this.details = find("#filters");
      this.details.open = matchMedia("(min-width: 46rem) and (min-height: 70rem)").matches;
      find("#histograms").append(...this.filters.elements);
    }

    scoreEntries() {
      return Object.entries(this.layer.scores).map(([name, label]) => [
        name,
        fault(this.layer, name, this.methods) ? `${label} ⚠ fails` : label,
      ]);
    }

    statusEntries() {
      const { methods, verdicts, dead } = this.layer;
      const used = new Set(Object.values(methods).flatMap((method) => method.verdict));
      const known = verdicts.filter((_, number) => used.has(number));
      known.sort((a, b) => verdictRank(a) - verdictRank(b) || a.localeCompare(b));
      this.explained = verdicts.indexOf("explained");
      return [
        ["", "any status"],
        ...known.map((name) => [name, verdictText(name)]),
        [NONE, "explained by no method"],
        [KEPT, "starred or with a note"],
        ["alive", "not dead"],
        ...(dead.some(Boolean) ? [["dead", "dead"]] : []),
      ];
    }

    state() {
      const state = new URLSearchParams();
      const put = (name, value, usual) => value !== usual && state.set(name, value);
      put("q", this.query.value.trim(), "");
      put("method", this.method.value, this.layer.shown);
      put("score", this.score.value, this.scores[0]);
      put("status", this.status.value, "");
      put("why", this.why.value, "");
      put("best", this.best.value, "");
      put("in", this.everywhere.checked ? "all" : "", "");
      this.filters.save(state);
      return state;
    }

    restore(state) {
      const choose = (select, value, usual) => {
        select.value = [...select.options].some((option) => option.value === value) ? value : usual;
      };
      this.query.value = state.get("q") ?? "";
      choose(this.method, state.get("method"), this.layer.shown);
      choose(this.score, state.get("score"), this.scores[0]);
      choose(this.status, state.get("status"), "");
      choose(this.why, state.get("why"), "");
      choose(this.best, state.get("best"), "");
      this.everywhere.checked = state.get("in") === "all";
      this.filters.restore(state);
      if (this.filters.narrowed || this.why.value || this.best.value) this.details.open = true;
    }

    // whether a place is left in by all but the search; fields are read once, as they are slow to read
    keeping() {
      const { methods, best, reasons } = this.layer;
      const { why } = methods[this.method.value];
      const [reason, by] = [reasons.indexOf(this.why.value), this.methods.indexOf(this.best.value)];
      const tests = [
        reason >= 0 && ((place) => why[place] === reason),
        by >= 0 && ((place) => best[place] === by),
        this.havingStatus(),
        this.filters.keeping(),
      ].filter(Boolean);
      return (place) => tests.every((fits) => fits(place));
    }

    // whether a place has the status that is chosen; null if any will do
    havingStatus() {
      const status = this.status.value;
      const { dead, methods, neurons, verdicts } = this.layer;
      if (!status) return null;
      if (status === KEPT) return (place) => linexp.kept.has(neurons[place]);
      if (status === "dead" || status === "alive") return (place) => dead[place] === (status === "dead");
      if (status === NONE)
        return (place) => !this.methods.some((name) => methods[name].verdict[place] === this.explained);
      const [{ verdict }, wanted] = [methods[this.method.value], verdicts.indexOf(status)];
      return (place) => verdict[place] === wanted;
    }

    // in words, for paper
    asked() {
      const query = this.query.value.trim();
      const chosen = (select, label) => select.value && `${label}: ${select.selectedOptions[0].text}`;
      return [
        `Explanations by ${this.layer.titles[this.method.value]}`,
        query && `search for ${query}${this.everywhere.checked ? " in all methods" : ""}`,
        chosen(this.status, "status"),
        chosen(this.why, "not explained because"),
        chosen(this.best, "best method"),
        ...this.filters.asked(),
      ]
        .filter(Boolean)
        .join("; ");
    }
  }

  return { Controls };
})();
