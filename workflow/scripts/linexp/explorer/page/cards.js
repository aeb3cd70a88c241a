"use strict";

// The cards that a page is made of.
linexp.cards = (() => {
  const { el } = linexp.elements;

  function card(id, title, note, ...content) {
    return el(
      "section",
      { class: "card", "aria-labelledby": id },
      el("h2", { id, tabindex: -1 }, title),
      note && el("p", { class: "note" }, note),
      ...content,
    );
  }

  // what scrolls sideways by itself where it is too wide
  function scrolled(label, content) {
    return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, content);
  }

  // buttons that go to the cards of a page, by their headings
  function contents(section) {
    const headings = [...section.querySelectorAll("h2[id]")];
    const buttons = headings.map((heading) =>
      el("button", { type: "button", onclick: () => goTo(heading) }, heading.textContent),
    );
    return el("nav", { class: "contents", "aria-label": "On this page" }, buttons);
  }

  // to a heading; nowhere if it is not there
  function goTo(heading) {
    if (!heading) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    heading.focus({ preventScroll: true });
    heading.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  }

  return { card, scrolled, contents, goTo };
})();
