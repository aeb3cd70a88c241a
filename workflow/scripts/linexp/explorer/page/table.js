"use strict";

// The table of all neurons: only the rows in sight are in the document.
linexp.table = (() => {
  const { el, breakable } = linexp.elements;
  const { count } = linexp.numbers;
  const { columnsOf } = linexp.columns;
  const { sortedBy } = linexp.order;
  const { NARROW, columnsThatFit, cutChips, widthOf } = linexp.fitting;
  const { Controls } = linexp.controls;
  const { Search } = linexp.search;
  const { shareColumn, tellFound, offerCommon } = linexp.found;
  const { offer } = linexp.takeaway;
  const SPARE_ROWS = 8;
  const COMMON = 10;
  const [LINES, LINES_OF_CARDS] = [2, 3];
  const USUAL = "usual";

  const PAPER = 62; // rem of the print style on A4 or Letter, upright

  class NeuronTable {
    constructor(layer, section) {
      this.layer = layer;
      this.section = section;
      this.methods = Object.keys(layer.methods);
      this.search = new Search(layer);
      this.places = [];
      this.made = new Map();
      this.found = { places: [], marked: new Set(), ranked: null };
      this.build();
      addEventListener("scroll", () => this.draw(), { passive: true });
      addEventListener("resize", () => this.resized(), { passive: true });
    }

    find(selector) {
      return this.section.querySelector(selector);
    }

    build() {
      this.controls = new Controls(this.layer, this.section, () => this.changed());
      this.common = this.find("#common");
      this.head = this.find(".neurons thead");
      this.body = this.find(".neurons tbody");
      this.empty = this.find("#empty");
      this.body.addEventListener("click", (event) => {
        const row = event.target.closest("tr[data-neuron]");
        if (row && !event.target.closest("a") && !String(getSelection()))
          location.hash = `neuron=${row.dataset.neuron}`;
      });
      offer(this);
      this.find("#clear").addEventListener("click", () => {
        this.restore(new URLSearchParams());
        this.changed();
        this.query.focus();
      });
    }

    get query() {
      return this.controls.query;
    }

    // what the address keeps of the table
    state() {
      const state = this.controls.state();
      if (this.sort !== USUAL) state.set("sort", this.sort);
      return state;
    }

    restore(state) {
      this.controls.restore(state);
      this.sort = state.get("sort") ?? USUAL;
    }

    // what the rows are ordered by: usually by number, or by rank if a search ranks them
    get order() {
      if (this.sort !== USUAL) return this.sort;
      return this.found.ranked ? "-share" : "neuron";
    }

    changed() {
      this.update();
      this.keep();
    }

    keep() {
      const state = this.state().toString();
      linexp.address.keep(state ? `#${state}` : "#");
    }

    resized() {
      if (this.section.hidden) return;
      this.drawHead();
      this.draw(true);
    }

    // on paper all rows are there, and whole
    print(begins) {
      this.printing = begins;
      this.resized();
    }

    // all columns, the same ones until something changes
    columns(pictures = 0) {
      if (!this.made.has(pictures)) {
        const [{ method, score }, { marked, ranked }] = [this.controls, this.found];
        const columns = columnsOf(this.layer, method.value, score.value, marked, pictures);
        if (ranked) columns.splice(2, 0, shareColumn(this.layer, ranked, method.value));
        this.made.set(pictures, columns);
      }
      return this.made.get(pictures);
    }

    // those that there is room for; a card has all that its style sheet shows
    fittingColumns() {
      if (NARROW.matches && !this.printing) return this.columns(3);
      const inRem = () => this.section.clientWidth / parseFloat(getComputedStyle(document.documentElement).fontSize);
      const room = this.printing ? PAPER : inRem();
      const [least, most] = room >= 56 ? [3, 4] : [2, 2];
      const all = this.columns(most);
      return columnsThatFit(widthOf(all) <= room ? all : this.columns(least), room, this.order.replace(/^-/, ""));
    }

    update() {
      const { filters, method, query, everywhere, score } = this.controls;
      filters.prepare(method.value, score.value);
      this.made.clear();
      this.found = this.search.find(query.value, method.value, everywhere.checked, score.value);
      this.kept = this.found.places.filter(this.controls.keeping());
      filters.draw(this.kept);
      this.tell();
      this.arrange();
    }

    // what is left to do when only the order changes
    arrange() {
      this.places = this.sorted(this.kept);
      this.find("#clear").hidden = this.state().size === 0;
      this.drawHead();
      this.draw(true);
    }

    sorted(places) {
      if (this.order === "-share") {
        const kept = new Set(places);
        return [...this.found.ranked.keys()].filter((place) => kept.has(place));
      }
      const [name, direction] = this.order.startsWith("-") ? [this.order.slice(1), -1] : [this.order, 1];
      const column = this.columns().find((one) => one.name === name);
      return column ? sortedBy(column, places, direction) : places;
    }

    tell() {
      const all = this.layer.neurons.length;
      const number =
        this.kept.length === all ? `${count(all)} neurons` : `${count(this.kept.length)} of ${count(all)} neurons`;
      this.find("#count").textContent = number;
      this.find("#asked").textContent = this.controls.asked();
      tellFound(this.find("#found"), this.layer, this.found, (found) => found === this.found);
      this.empty.hidden = this.kept.length > 0;
      const common = this.search.common(this.controls.method.value, COMMON);
      offerCommon(this.common, this.layer, common, (name) => this.ask(name));
    }

    ask(query) {
      this.query.value = this.query.value === query ? "" : query;
      this.changed();
    }

    drawHead() {
      const columns = this.fittingColumns();
      const left = this.methods.filter((method) => !columns.some((column) => column.name === `score:${method}`));
      const names = left.map((method) => this.layer.titles[method]);
      this.find("#left-out").textContent = left.length ? `No room for the scores of ${names.join(", ")}.` : "";
      const heads = columns.map((column) => {
        const [by, down] = [this.order.replace(/^-/, "") === column.name, this.order.startsWith("-")];
        const order = by ? (down ? "descending" : "ascending") : null;
        const arrow = el("span", { class: "arrow", "aria-hidden": "true" }, by ? (down ? "↓" : "↑") : "");
        return el(
          "th",
          {
            scope: "col",
            class: column.kind,
            "aria-sort": order,
            "data-column": column.name,
            title: column.title,
            style: column.kind === "words" ? {} : { width: `${column.width}rem` },
          },
          el("button", { type: "button", onclick: () => this.sortBy(column.name) }, breakable(column.label), arrow),
          column.mark,
        );
      });
      const focused = document.activeElement?.closest?.("th")?.dataset.column;
      this.head.replaceChildren(el("tr", null, heads));
      if (focused) this.head.querySelector(`th[data-column="${CSS.escape(focused)}"] button`)?.focus();
    }

    // numbers from the highest at first, words and neurons from the first
    sortBy(name) {
      const upwards = ["neuron", "explanation", "verdict", "best", "q"].includes(name);
      const [first, second] = upwards ? [name, `-${name}`] : [`-${name}`, name];
      const sort = this.order === first ? second : first;
      this.sort = USUAL;
      if (sort !== this.order) this.sort = sort;
      this.arrange();
      this.keep();
    }

    // from which row to before which one there are rows to draw
    inSight(height) {
      const all = this.places.length;
      if (this.printing) return [0, all];
      const top = this.body.getBoundingClientRect().top;
      const begin = Math.max(0, Math.floor(-top / height) - SPARE_ROWS);
      return [begin, Math.max(begin, Math.min(all, Math.ceil((innerHeight - top) / height) + SPARE_ROWS))];
    }

    // rows that stay in sight are left alone
    draw(anew = false) {
      if (this.section.hidden) return;
      const height = parseFloat(getComputedStyle(this.body).getPropertyValue("--row-height"));
      const [begin, end] = this.inSight(height);
      if (!anew && begin === this.begin && end === this.end) return;
      const columns = this.fittingColumns();
      if (anew) this.prepareBody(columns.length);
      const wanted = new Set(this.places.slice(begin, end));
      for (const [place, row] of this.rows) {
        if (wanted.has(place)) continue;
        row.remove();
        this.rows.delete(place);
      }
      const drawn = this.places.slice(begin, end).filter((place) => !this.rows.has(place));
      let next = this.below;
      for (let k = end - 1; k >= begin; k--) {
        const place = this.places[k];
        if (!this.rows.has(place)) this.rows.set(place, this.row(place, k, columns));
        const row = this.rows.get(place);
        if (row.nextSibling !== next) next.before(row);
        next = row;
      }
      if (!this.printing)
        cutChips(
          drawn.flatMap((place) => [...this.rows.get(place).querySelectorAll(".terms")]),
          NARROW.matches ? LINES_OF_CARDS : LINES,
        );
      this.above.firstChild.style.setProperty("height", `${begin * height}px`);
      this.below.firstChild.style.setProperty("height", `${(this.places.length - end) * height}px`);
      [this.begin, this.end] = [begin, end];
    }

    // an empty body, with a spacer for the rows above those in sight and one for those below
    prepareBody(width) {
      const spacer = () => el("tr", { class: "spacer", "aria-hidden": "true" }, el("td", { colspan: width }));
      [this.above, this.below] = [spacer(), spacer()];
      this.rows = new Map();
      this.body.replaceChildren(this.above, this.below);
      this.body.parentElement.setAttribute("aria-rowcount", this.places.length + 1);
    }

    row(place, k, columns) {
      const [first, ...others] = columns;
      return el(
        "tr",
        { "data-place": place, "data-neuron": this.layer.neurons[place], "aria-rowindex": k + 2 },
        el("th", { scope: "row", class: first.kind }, first.cell(place)),
        others.map((column) => el("td", { class: column.kind }, column.cell(place))),
      );
    }

    // go to the row of a neuron, in sight; false if it has none
    focus(neuron) {
      const k = this.places.findIndex((place) => this.layer.neurons[place] === neuron);
      if (k < 0) return false;
      const height = parseFloat(getComputedStyle(this.body).getPropertyValue("--row-height"));
      const top = this.body.getBoundingClientRect().top + k * height;
      const head = this.head.getBoundingClientRect().height + 60;
      if (top < head || top + height > innerHeight) scrollBy(0, top - (top < head ? head : innerHeight - 2 * height));
      this.draw();
      this.rows.get(this.places[k]).querySelector("a").focus({ preventScroll: true });
      return true;
    }

    // from the row that has the focus to one so many further on; else to the first in sight
    step(step) {
      const row = document.activeElement?.closest?.("tr[data-neuron]");
      const rows = [...this.body.querySelectorAll("tr[data-neuron]")];
      const first = rows.find((one) => one.getBoundingClientRect().bottom > 120);
      const neuron = row ? this.neighbour(Number(row.dataset.neuron), step) : Number(first?.dataset.neuron);
      this.focus(neuron);
    }

    // the neuron that is so many rows further on; null at the end
    neighbour(neuron, step) {
      const numbers = this.places.map((place) => this.layer.neurons[place]);
      const all = numbers.includes(neuron) ? numbers : this.layer.neurons;
      return all[all.indexOf(neuron) + step] ?? null;
    }
  }

  return { NeuronTable };
})();
