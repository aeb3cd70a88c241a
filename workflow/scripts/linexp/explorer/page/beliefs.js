"use strict";

// What tells whether to believe a score: verdicts, what chance reaches, metrics that fail their sanity checks.
linexp.beliefs = (() => {
  const { el, badge } = linexp.elements;
  const { fixed } = linexp.numbers;
  const { verdictText, verdictTold } = linexp.words;

  const verdictBadge = (verdict) =>
    badge(verdictText(verdict), verdict === "explained" ? "good" : "warn", verdictTold(verdict));

  const rate = (q) => (q === null || q === undefined ? "–" : q < 0.001 ? "< .001" : fixed(q, 3));

  // the number of meanings that would be spread as much, were they equally strong and unlike each other
  const meanings = (spread) => (spread === null || spread === undefined ? null : 1 / (1 - Math.min(spread, 0.999)));

  // why a metric is not to be trusted here, of one method or of any of several; null if nothing speaks against it
  function fault(layer, metric, methods) {
    const reasons = layer.failed[metric];
    const method = reasons && methods.find((name) => name in reasons);
    return method ? `${layer.titles[method]}: ${reasons[method]}` : null;
  }

  function faultMark(layer, metric, methods) {
    const reason = fault(layer, metric, methods);
    return reason && el("span", { class: "fails", role: "img", "aria-label": reason, title: reason }, "⚠");
  }

  return { verdictBadge, rate, meanings, fault, faultMark };
})();
