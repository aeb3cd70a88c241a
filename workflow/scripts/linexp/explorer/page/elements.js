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
  function terms(concepts, weights, names, { marked, link, bias, stability, most = Infinity } = {}) {
    const order = [...weights.keys()].sort((a, b) => Math.abs(weights[b]) - Math.abs(weights[a]) || a - b);
    const largest = Math.abs(weights[order[0]] ?? 0) || 1;
    const chips = order.slice(0, most).map((k) => {
      const [name, weight] = [names[concepts[k]], weights[k]];
      const attributes = {
        class: `term${weight < 0 ? " negative" : ""}${marked?.has(concepts[k]) ? " marked" : ""}`,
        style: { "--strength": (Math.abs(weight) / largest).toFixed(3) },
        title: [`${brief(weight)} · ${name}`, stability && stableText(stability, k)].filter(Boolean).join("\n"),
      };
      const parts = [el("span", { class: "weight" }, brief(weight)), " ", el("span", { class: "word" }, name)];
      if (!link) return el("span", attributes, ...parts);
      const page = new URLSearchParams({ concept: name });
      return el("a", { ...attributes, href: `#${page}` }, ...parts);
    });
    if (order.length > most) chips.push(moreTerms(order.length - most));
    else if (bias)
      chips.push(el("span", { class: "term bias", title: "added on every image" }, `${signedBrief(bias)} bias`));
    return chips;
  }

  // how often resampled images choose the k-th concept again, and what they choose in its place
  function stableText({ shares, low, high, instead }, k) {
    const percent = (share) => `${Math.round(100 * share)} %`;
    const others = instead[k].slice(0, 3).map(([name, share]) => `${name} ${percent(share)}`);
    return [
      `chosen again in ${percent(shares[k])} of resamples`,
      low[k] !== null && `its weight ${brief(low[k])} to ${brief(high[k])}`,
      others.length && `in its place ${others.join(", ")}`,
    ]
      .filter(Boolean)
      .join("; ");
  }

  function moreTerms(number, marked = false, title = null) {
    return el("span", { class: `term more${marked ? " marked" : ""}`, "data-more": number, title }, `+${number}`);
  }

  function badge(text, kind = "", title = null) {
    return el("span", { class: `badge ${kind}`, title }, text);
  }

  // a value up to 1 as a bar from 0, with its interval and what chance reaches where these are known; the scale begins
  // at `from`, 0 or less
  function scoreBar(value, low, high, from = 0, chance = null) {
    const percent = (v) => `${((100 * (Math.min(1, Math.max(from, v)) - from)) / (1 - from)).toFixed(2)}%`;
    if (value === null || value === undefined) return el("span", { class: "score-bar" });
    const span = (kind, begin, end) =>
      el("span", { class: kind, style: { left: percent(begin), right: `calc(100% - ${percent(end)})` } });
    return el(
      "span",
      { class: "score-bar" },
      span(value < 0 ? "fill negative" : "fill", Math.min(value, 0), Math.max(value, 0)),
      from < 0 && span("zero", 0, 0),
      low !== null && low !== undefined && span("whisker", low, high),
      chance !== null && chance !== undefined && span("chance", chance, chance),
    );
  }

  // where the bars of these values begin: 0, or the lowest, but not below −1
  function scaleFrom(values) {
    let from = 0;
    for (const value of values) if (Number.isFinite(value)) from = Math.min(from, value);
    return Math.max(-1, from);
  }

  // offers a file to be saved
  function saveFile(name, parts, type) {
    const address = URL.createObjectURL(new Blob(parts, { type }));
    el("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 0);
  }

  function interval(value, low, high) {
    if (value === null || value === undefined) return "–";
    return low === null || low === undefined ? fixed(value, 3) : `${fixed(low, 2)} to ${fixed(high, 2)}`;
  }

  return {
    el,
    svg,
    breakable,
    tableHead,
    terms,
    stableText,
    moreTerms,
    badge,
    scoreBar,
    scaleFrom,
    interval,
    saveFile,
  };
})();
