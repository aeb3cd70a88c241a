"use strict";

// Where the name of an area is written: inside it, where it is highest over the width of the name.
linexp.areaLabels = (() => {
  const { svg } = linexp.elements;
  const LETTER = 7.8; // the mean width of a bold letter of 12.5 px, rather more than less
  const LINE = 17;
  const STEP = 4;

  // the value at x of a line through points with ascending x
  function heightAt(points, x) {
    const k = points.findIndex(([end]) => end >= x);
    if (k <= 0) return points[k < 0 ? points.length - 1 : 0][1];
    const [[x0, y0], [x1, y1]] = [points[k - 1], points[k]];
    return x1 === x0 ? y1 : y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
  }

  // the middle of the place between two lines where there is most room for a name, { x, y, room }; null if nowhere is
  // enough
  function roomFor(name, one, other) {
    const half = (name.length * LETTER) / 2 + 3;
    const [begin, end] = [one[0][0] + half, one[one.length - 1][0] - half];
    let best = null;
    for (let x = begin; x <= end; x += STEP) {
      const places = [x - half, ...one.map(([at]) => at).filter((at) => Math.abs(at - x) < half), x + half];
      const ends = places.map((at) => [heightAt(one, at), heightAt(other, at)]);
      const top = Math.max(...ends.map((pair) => Math.min(...pair)));
      const foot = Math.min(...ends.map((pair) => Math.max(...pair)));
      if (foot - top >= LINE) best = wider(best, { x, y: (top + foot) / 2, room: foot - top });
    }
    return best;
  }

  const wider = (a, b) => (!a || (b && b.room > a.room) ? b : a);

  const labelOf = (name, { x, y }) =>
    svg("text", { x, y: y + 4.5, "text-anchor": "middle", class: "area-label" }, name);

  return { heightAt, roomFor, wider, labelOf };
})();
