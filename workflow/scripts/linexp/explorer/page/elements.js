"use strict";

// Elements made from data: text is always text, never markup.
linexp.elements = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const { fixed, brief, signedBrief } = linexp.numbers;

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (name === "style") for (const [key, v] of Object.entries(value)) element.style.setProperty(key, v);
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
    return element;
  }

  const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

  // a name that may break after an underscore
  const breakable = (name) => name.split(/(?<=_)/).flatMap((part, k) => (k ? [el("wbr"), part] : [part]));

  // the head of a table whose columns have these names
  function tableHead(names) {
    const cells = names.map((name) => el("th", { scope: "col" }, name));
    return el("thead", null, el("tr", null, cells));
  }

  // an explanation as chips, the largest weights first and the stronger the tint the larger the weight; negative ones
  // are dashed and of another colour; the bias comes last, or how many concepts there are beyond the first `most`
  function terms(concepts, weights, names, { marked, link, bias, most = Infinity } = {}) {
    const order = [...weights.keys()].sort((a, b) => Math.abs(weights[b]) - Math.abs(weights[a]) || a - b);
    const largest = Math.abs(weights[order[0]] ?? 0) || 1;
    const chips = order.slice(0, most).map((k) => {
      const [name, weight] = [names[concepts[k]], weights[k]];
      const attributes = {
        class: `term${weight < 0 ? " negative" : ""}${marked?.has(concepts[k]) ? " marked" : ""}`,
        style: { "--strength": (Math.abs(weight) / largest).toFixed(3) },
        title: `${brief(weight)} · ${name}`,
      };
      const parts = [el("span", { class: "weight" }, brief(weight)), " ", el("span", { class: "word" }, name)];
      if (!link) return el("span", attributes, ...parts);
      const query = new URLSearchParams({ q: name });
      return el("a", { ...attributes, href: `#${query}`, title: `neurons that ${name} explains` }, ...parts);
    });
    if (order.length > most) chips.push(moreTerms(order.length - most));
    else if (bias)
      chips.push(el("span", { class: "term bias", title: "added on every image" }, `${signedBrief(bias)} bias`));
    return chips;
  }

  function moreTerms(number, marked = false, title = null) {
    return el("span", { class: `term more${marked ? " marked" : ""}`, "data-more": number, title }, `+${number}`);
  }

  const STATUS = {
    ok: "explained",
    unexplained: "unexplained",
    constant: "constant",
    constant_simulation: "simulation is constant",
    missing: "not in the file",
    no_effect: "no effect on the output",
    not_converged: "not converged",
  };
  const statusText = (status) => STATUS[status] ?? status;

  function badge(text, kind = "") {
    return el("span", { class: `badge ${kind}` }, text);
  }

  // a value between 0 and 1 as a bar, with its interval if there is one
  function scoreBar(value, low, high) {
    const percent = (v) => `${(100 * Math.min(1, Math.max(0, v))).toFixed(2)}%`;
    if (value === null || value === undefined) return el("span", { class: "score-bar" });
    const whisker =
      low === null || low === undefined
        ? null
        : el("span", { class: "whisker", style: { left: percent(low), right: `calc(100% - ${percent(high)})` } });
    return el("span", { class: "score-bar" }, el("span", { class: "fill", style: { width: percent(value) } }), whisker);
  }

  function interval(value, low, high) {
    if (value === null || value === undefined) return "–";
    return low === null || low === undefined ? fixed(value, 3) : `${fixed(low, 2)} to ${fixed(high, 2)}`;
  }

  return { el, svg, breakable, tableHead, terms, moreTerms, badge, statusText, scoreBar, interval };
})();
