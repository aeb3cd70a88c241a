"use strict";

// The fields above the table: search, method, score, status, filters; what the address keeps of them.
linexp.controls = (() => {
  const { el, statusText } = linexp.elements;
  const { Filters } = linexp.filters;

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
        return element;
      };
      this.method = select(
        "#method",
        this.methods.map((name) => [name, name]),
      );
      this.score = select("#score", Object.entries(layer.scores));
      this.score.addEventListener("change", () => this.filters.forgetScore());
      const statuses = [...new Set(this.methods.flatMap((name) => layer.methods[name].status))].sort();
      this.status = select("#status", [
        ["", "any status"],
        ...statuses.map((name) => [name, statusText(name)]),
        ["alive", "not dead"],
        ["dead", "dead"],
      ]);
      this.everywhere = find("#everywhere");
      for (const one of [this.method, this.score, this.status, this.everywhere])
        one.addEventListener("change", onchange);
      this.details = find("#filters");
      this.details.open = matchMedia("(min-width: 46rem)").matches;
      find("#histograms").append(...this.filters.elements);
    }

    state() {
      const state = new URLSearchParams();
      const put = (name, value, usual) => value !== usual && state.set(name, value);
      put("q", this.query.value.trim(), "");
      put("method", this.method.value, this.layer.main);
      put("score", this.score.value, this.scores[0]);
      put("status", this.status.value, "");
      put("in", this.everywhere.checked ? "all" : "", "");
      this.filters.save(state);
      return state;
    }

    restore(state) {
      const choose = (select, value, usual) => {
        select.value = [...select.options].some((option) => option.value === value) ? value : usual;
      };
      this.query.value = state.get("q") ?? "";
      choose(this.method, state.get("method"), this.layer.main);
      choose(this.score, state.get("score"), this.scores[0]);
      choose(this.status, state.get("status"), "");
      this.everywhere.checked = state.get("in") === "all";
      this.filters.restore(state);
      if (this.filters.narrowed) this.details.open = true;
    }

    // all but the search
    keeps(place) {
      const status = this.status.value;
      const { dead, methods } = this.layer;
      if (status === "dead" || status === "alive") {
        if (dead[place] !== (status === "dead")) return false;
      } else if (status && methods[this.method.value].status[place] !== status) return false;
      return this.filters.keeps(place);
    }

    // in words, for paper
    asked() {
      const query = this.query.value.trim();
      return [
        `Explanations by ${this.method.value}`,
        query && `search for ${query}${this.everywhere.checked ? " in all methods" : ""}`,
        this.status.value && `status: ${this.status.selectedOptions[0].text}`,
        ...this.filters.asked(),
      ]
        .filter(Boolean)
        .join("; ");
    }
  }

  return { Controls };
})();
