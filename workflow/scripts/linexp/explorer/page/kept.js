"use strict";

// What a reader keeps of neurons: stars and notes. They stay in the browser, under the folder of this page and the name
// of the layer, and are exported and imported as JSON.
linexp.kept = (() => {
  const { el, saveFile } = linexp.elements;
  const { card } = linexp.cards;
  const { count } = linexp.numbers;
  const FORMAT = 1;
  const LONGEST = 10000; // characters of a note
  const NOTE = "Stars and notes stay in this browser; the table filters by them, and exports them as JSON.";
  const UNSTORED = "This browser keeps nothing for this page: export your notes before you close it.";

  let title;
  let neurons;
  let notes = new Map(); // of a neuron its { star, note }
  let isStored = true;

  const key = () => `linexp:${location.pathname.replace(/[^/]*$/, "")}:${title}`;
  const plural = (n) => `${count(n)} neuron${n === 1 ? "" : "s"}`;

  function prepare(layer) {
    title = layer.title;
    neurons = new Set(layer.neurons);
    read();
    addEventListener("storage", (event) => event.key === key() && read());
  }

  // what is stored; what is not of this form is none of ours
  function read() {
    let text = null;
    try {
      text = localStorage.getItem(key());
    } catch {
      isStored = false;
    }
    try {
      notes = text === null ? new Map() : parsed(text);
    } catch {
      notes = new Map();
    }
  }

  function write() {
    try {
      if (notes.size) localStorage.setItem(key(), written());
      else localStorage.removeItem(key());
    } catch {
      isStored = false;
    }
  }

  function written() {
    const sorted = [...notes].sort(([a], [b]) => a - b);
    return JSON.stringify(
      { linexp: "notes", format: FORMAT, layer: title, neurons: Object.fromEntries(sorted) },
      null,
      1,
    );
  }

  // the notes in such a text, those of other neurons left out; an error says in a line why there are none
  function parsed(text) {
    let value;
    try {
      value = JSON.parse(text);
    } catch {
      value = null;
    }
    if (value?.linexp !== "notes" || typeof value.neurons !== "object" || value.neurons === null)
      throw new Error("This is no file of notes; choose one that was exported here.");
    if (value.format !== FORMAT) throw new Error("These notes are of another version of this page.");
    if (value.layer !== title) throw new Error(`These notes are of ${String(value.layer)}, not of ${title}.`);
    const found = Object.entries(value.neurons)
      .map(([number, one]) => [Number(number), cleaned(one)])
      .filter(([number, one]) => neurons.has(number) && (one.star || one.note));
    return new Map(found);
  }

  const cleaned = (one) => ({
    star: one?.star === true,
    note: typeof one?.note === "string" ? one.note.slice(0, LONGEST) : "",
  });

  const of = (neuron) => notes.get(neuron) ?? { star: false, note: "" };

  function change(neuron, part) {
    const one = { ...of(neuron), ...part };
    if (one.star || one.note) notes.set(neuron, one);
    else notes.delete(neuron);
    write();
  }

  // what a row has beside the number of its neuron
  function mark(neuron) {
    const { star, note } = of(neuron);
    if (!star && !note) return null;
    const said = [star && "starred", note].filter(Boolean).join("; ");
    return el("span", { class: "noted", role: "img", "aria-label": said, title: said }, star ? "★" : "✎");
  }

  function starButton(neuron) {
    const button = el("button", { type: "button", class: "star", onclick: () => turn(!of(neuron).star) });
    const show = (star) => {
      button.setAttribute("aria-pressed", star);
      button.textContent = star ? "★ Starred" : "☆ Star";
    };
    const turn = (star) => {
      change(neuron, { star });
      show(star);
    };
    show(of(neuron).star);
    return button;
  }

  // the card of a neuron
  function content(neuron) {
    const box = el("textarea", { id: "note", rows: 3, maxlength: LONGEST }, of(neuron).note);
    box.addEventListener("input", () => change(neuron, { note: box.value.trim() }));
    const told = isStored ? NOTE : UNSTORED;
    return card("notes", "Your notes", told, el("label", { for: "note" }, "Note"), box);
  }

  // the buttons of the table; `imported` is called when there are other notes
  function offer(find, imported) {
    const [file, told] = [find("#notes-file"), find("#notes-told")];
    find("#export-notes").addEventListener("click", () => {
      saveFile("notes.json", [written(), "\n"], "application/json");
      told.textContent = `Notes of ${plural(notes.size)} exported.`;
    });
    find("#import-notes").addEventListener("click", () => file.click());
    file.addEventListener("change", async () => {
      try {
        const found = parsed(await file.files[0].text());
        notes = new Map([...notes, ...found]);
        write();
        told.textContent = `Notes of ${plural(found.size)} imported.${isStored ? "" : ` ${UNSTORED}`}`;
        imported();
      } catch (error) {
        told.textContent = error.message;
      }
      file.value = "";
    });
  }

  return { prepare, of, has: (neuron) => notes.has(neuron), mark, starButton, content, offer };
})();
