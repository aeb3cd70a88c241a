"use strict";

// The address says what is shown: #neuron=136, #layer, or the table with its search and filters.
(() => {
  const { el } = linexp.elements;
  const sections = Object.fromEntries(
    ["neurons", "neuron", "concept", "image", "layer"].map((id) => [id, document.getElementById(id)]),
  );
  const title = document.title;
  const PAUSE = 100;
  let layer;
  let table;
  let viewed = null;
  let opened = null;
  let going = null;
  let tableScroll = 0;
  let neuronScroll = 0;

  const route = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    if (state.has("neuron")) return { view: "neuron", neuron: Number(state.get("neuron")), state };
    if (state.has("concept")) return { view: "concept", concept: state.get("concept"), state };
    if (state.has("image")) {
      const neuron = state.has("of") ? Number(state.get("of")) : null;
      return { view: "image", image: Number(state.get("image")), of: neuron, state };
    }
    return { view: state.has("layer") ? "layer" : "neurons", part: state.get("layer"), state };
  };

  function reveal(view) {
    for (const [id, section] of Object.entries(sections)) section.hidden = id !== view;
    for (const link of document.querySelectorAll("[data-view]"))
      if (link.dataset.view === view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
  }

  async function go() {
    const { view, neuron, concept, image, of, part, state } = route();
    const isBack = viewed === "image" && view === "neuron" && neuron === opened;
    if (viewed === "neuron" && view === "image") neuronScroll = scrollY;
    const asked = (going = Symbol("view"));
    const first = viewed === null;
    if (viewed === "neurons") tableScroll = scrollY;
    viewed = view;
    if (view === "neuron") opened = neuron;
    reveal(view);
    if (view === "neuron") await showNeuron(neuron, state);
    if (view === "concept") await linexp.concepts.show(sections.concept, layer, table.search, concept);
    if (view === "image") await linexp.image.show(sections.image, layer, image, of);
    if (asked !== going) return; // another view was asked for meanwhile
    const prefix = { layer: "Layer · ", concept: `${concept} · `, image: `Image ${image} · `, neurons: "" };
    if (view !== "neuron") document.title = prefix[view] + title;
    const isSame = view === "neurons" && restored(state);
    if (!isSame && view === "neurons") tableScroll = 0;
    scrollTo(0, view === "neurons" ? tableScroll : isBack ? neuronScroll : 0);
    if (view === "neurons") table.draw(true);
    if (part) return linexp.cards.goTo(document.getElementById(part));
    if (first || document.activeElement === table.query) return;
    if (!isSame || !table.focus(opened)) sections[view].querySelector("h1")?.focus({ preventScroll: true });
  }

  // bring the table to what the address says; whether it was so already
  function restored(state) {
    const before = table.sort && table.state().toString();
    table.restore(state);
    table.update();
    return before === table.state().toString();
  }

  async function showNeuron(neuron, state) {
    document.title = `Neuron ${neuron} · ${title}`;
    if (!layer.neurons.includes(neuron)) {
      sections.neuron.replaceChildren(
        el("h1", { tabindex: -1 }, "No such neuron"),
        el("p", null, "It is not in this layer, or not explained. ", el("a", { href: "#" }, "All neurons")),
      );
      return;
    }
    const record = await linexp.load(`neurons/${neuron}`);
    if (route().neuron !== neuron) return;
    if (!table.sort) {
      table.restore(new URLSearchParams());
      table.update();
    }
    const turn = (step) => table.neighbour(neuron, step);
    await linexp.neuron.show(sections.neuron, layer, neuron, record, turn, tried(neuron, state));
    for (const step of [1, -1]) if (turn(step) !== null) linexp.load(`neurons/${turn(step)}`).catch(() => {});
  }

  // what the address keeps of a neuron: the method of the chart, and what one tries, as pairs
  function tried(neuron, state) {
    const of = (...names) => [...state].filter(([name]) => names.includes(name));
    const parts = { chart: of("chart"), own: of("from", "try") };
    const save = (part, pairs) => {
      parts[part] = pairs;
      const all = [["neuron", neuron], ...parts.chart, ...parts.own];
      if (route().neuron === neuron) linexp.address.keep(`#${new URLSearchParams(all)}`);
    };
    return { state, save };
  }

  function turn(step) {
    const { view, neuron } = route();
    if (view === "neurons") table.step(step);
    const other = view === "neuron" ? table.neighbour(neuron, step) : null;
    if (other !== null) location.hash = `neuron=${other}`;
  }

  function toTable(search) {
    if (route().view !== "neurons") {
      const state = table.sort ? table.state().toString() : "";
      linexp.address.go(state ? `#${state}` : "#");
      reveal("neurons");
    }
    if (search) table.query.focus();
  }

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (["Enter", "Escape", "j", "k"].includes(event.key)) linexp.address.flush();
    const field = event.target.closest("input, select, textarea");
    if (event.key === "Escape") {
      if (field && field === table.query && field.value) table.ask(field.value);
      else if (field) field.blur();
      else if (Number.isInteger(route().of)) location.hash = `neuron=${route().of}`;
      else toTable(false);
    } else if (!field) {
      const arrows =
        route().view === "neuron" && !event.target.closest(".scroll") ? { ArrowRight: 1, ArrowLeft: -1 } : {};
      const step = { j: 1, k: -1, ...arrows }[event.key];
      if (step) turn(step);
      else if (event.key === "/") toTable(true);
      else return;
    } else return;
    event.preventDefault();
  }

  function failed(error) {
    const message = document.getElementById("problem");
    message.textContent = error.message;
    message.hidden = false;
  }

  const act = () => go().catch(failed);

  Promise.all([linexp.load("layer"), linexp.load("images")])
    .then(([loaded, images]) => {
      layer = loaded;
      linexp.pictures.prepare(images, layer);
      linexp.words.prepare(layer);
      linexp.headline.prepare(layer);
      linexp.kept.prepare(layer);
      table = new linexp.table.NeuronTable(layer, sections.neurons);
      addEventListener("hashchange", act);
      addEventListener("keydown", pressed);
      addEventListener("beforeprint", () => table.print(true));
      addEventListener("afterprint", () => table.print(false));
      for (const link of document.querySelectorAll(".brand, [data-view=neurons]"))
        link.addEventListener("click", (event) => {
          if (route().view === "neurons") return;
          event.preventDefault();
          toTable(false);
        });
      document.getElementById("skip").addEventListener("click", (event) => {
        event.preventDefault();
        document.querySelector("main > section:not([hidden]) h1")?.focus();
      });
      history.scrollRestoration = "manual";
      return go();
    })
    .then(() => document.documentElement.classList.add("ready"))
    .then(() => setTimeout(() => table.search.prepare(), PAUSE))
    .catch(failed);
})();
