"use strict";

// What verdicts, reasons, ceilings and statuses are called: the words come with the layer's data.
linexp.words = (() => {
  let words;

  const prepare = (layer) => (words = layer.words);

  const statusText = (status) => words.statuses[status] ?? status.replaceAll("_", " ");

  // a verdict, or the status in its place: in a few words, and in full, null of a status
  const verdictText = (verdict) => words.verdicts[verdict]?.[0] ?? statusText(verdict);
  const verdictTold = (verdict) => words.verdicts[verdict]?.[1] ?? null;

  // from those that one can believe most
  function verdictRank(verdict) {
    const names = Object.keys(words.verdicts);
    return verdict in words.verdicts ? names.indexOf(verdict) : names.length;
  }

  // why a neuron is not explained
  const reasonText = (reason) => words.why_not[reason][0];
  const reasonTold = (reason) => words.why_not[reason][1];

  // name and text of each, from the most to the least that words have to do with it
  const ceilings = () => Object.entries(words.ceilings);

  return { prepare, statusText, verdictText, verdictTold, verdictRank, reasonText, reasonTold, ceilings };
})();
