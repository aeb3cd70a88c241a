"use strict";

// The same numbers as the workflow's own: simulation (Eq. 9), correlation (Eq. 10) and its interval.
linexp.numbers = (() => {
  const QUANTILE = 1.959963984540054;
  const SMALLEST_RELATIVE_STD = 1e-6;

  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

  // Σ weight · P(concept), one value an image
  function simulate(weights, columns, size) {
    const simulated = new Float64Array(size);
    weights.forEach((weight, k) => {
      const column = columns[k];
      for (let i = 0; i < size; i++) simulated[i] += weight * column[i];
    });
    return simulated;
  }

  // null for values that do not vary
  function standardised(values) {
    const middle = mean(values);
    let squares = 0;
    let largest = 0;
    for (const value of values) {
      squares += (value - middle) ** 2;
      largest = Math.max(largest, Math.abs(value));
    }
    const std = Math.sqrt(squares / values.length);
    if (!(std > SMALLEST_RELATIVE_STD * largest)) return null;
    return { mean: middle, std, values: Float64Array.from(values, (value) => (value - middle) / std) };
  }

  // { r, low, high, slope, intercept } of y on x; null where either does not vary
  function correlate(x, y) {
    const [u, v] = [standardised(x), standardised(y)];
    if (!u || !v) return null;
    const size = x.length;
    let r = 0;
    for (let i = 0; i < size; i++) r += u.values[i] * v.values[i];
    r = Math.min(1, Math.max(-1, r / size));
    let squares = 0;
    for (let i = 0; i < size; i++) {
      const [a, b] = [u.values[i], v.values[i]];
      squares += (a * b - (r * (a * a + b * b)) / 2) ** 2;
    }
    const error = Math.sqrt(squares / size / size) / (1 - r * r);
    const end = (sign) => (Math.abs(r) === 1 ? r : Math.tanh(Math.atanh(r) + sign * QUANTILE * error));
    const slope = (r * v.std) / u.std;
    return { r, low: end(-1), high: end(1), slope, intercept: v.mean - slope * u.mean };
  }

  function fixed(value, digits = 2) {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    const text = value.toFixed(digits);
    return (/^-0\.?0*$/.test(text) ? text.slice(1) : text).replace("-", "−");
  }

  // a number with about three significant digits
  function brief(value) {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    if (value === 0) return "0";
    const size = Math.abs(value);
    if (size >= 1e6 || (size > 0 && size < 1e-3)) return value.toExponential(1).replace(/-/g, "−");
    return fixed(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
  }

  // the smallest of 1, 2 and 5 times a power of ten that is at least so large
  function niceStep(least) {
    const power = 10 ** Math.floor(Math.log10(least));
    const factor = [1, 2, 5, 10].find((one) => one * power >= least * (1 - 1e-9));
    return Number((factor * power).toPrecision(12));
  }

  const decimals = (step) => Math.max(0, -Math.floor(Math.log10(step) + 1e-9));

  // round values within an axis, at most so many and one more, with their texts
  function ticks(low, high, most = 4) {
    const step = niceStep((high - low) / most);
    const first = Math.ceil(low / step - 1e-9);
    const n = Math.floor(high / step + 1e-9) - first + 1;
    return Array.from({ length: n }, (_, k) => (first + k) * step).map((value) => [
      value,
      fixed(value, decimals(step)),
    ]);
  }

  const counting = new Intl.NumberFormat("en");
  const count = (value) => (value >= 0 && value < 1000 ? String(value) : counting.format(value));
  const signed = (value, digits = 3) => (value > 0 ? "+" : "") + fixed(value, digits);

  const signedBrief = (value) => (value > 0 ? "+" : "") + brief(value);

  return { simulate, correlate, fixed, brief, ticks, niceStep, decimals, count, signed, signedBrief };
})();
