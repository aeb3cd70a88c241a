"use strict";

// What fits into the width that is there.
linexp.fitting = (() => {
  const { moreTerms } = linexp.elements;
  const MORE = 44;
  const NARROW = matchMedia("screen and (max-width: 46rem)");

  const widthOf = (columns) => columns.reduce((sum, column) => sum + column.width, 0);

  // the columns without those that have to go so that the rest, as wide as they want to be, is no wider than `room`:
  // by `goes`, the lowest first, of equal ones the last first; what has no `goes`, or is called `kept`, stays
  function columnsThatFit(columns, room, kept) {
    const order = columns
      .map((column, place) => ({ column, place }))
      .filter(({ column }) => column.goes && column.name !== kept)
      .sort((a, b) => a.column.goes - b.column.goes || b.place - a.place);
    const gone = new Set();
    let width = widthOf(columns);
    for (const { column } of order) {
      if (width <= room) break;
      gone.add(column);
      width -= column.width;
    }
    return columns.filter((column) => !gone.has(column));
  }

  // how many of the chips of these widths fit into `lines` lines, with one behind them of width `more` unless all fit
  function chipsThatFit(widths, room, gap, lines, more) {
    const linesOf = (list) => {
      let [number, used] = [1, 0];
      for (const width of list) {
        const wider = used ? used + gap + width : width;
        if (used && wider > room) [number, used] = [number + 1, width];
        else used = wider;
      }
      return number;
    };
    if (linesOf(widths) <= lines) return widths.length;
    let n = widths.length - 1;
    while (n > 1 && linesOf([...widths.slice(0, n), more]) > lines) n -= 1;
    return n;
  }

  // replace the chips that do not fit into `lines` lines by how many they are; measured first, as writing moves things
  function cutChips(boxes, lines) {
    const measured = boxes.map((box) => {
      const chips = [...box.children];
      const widths = chips.map((chip) => chip.getBoundingClientRect().width);
      const { columnGap, width } = getComputedStyle(box);
      return [box, chips, chipsThatFit(widths, parseFloat(width) + 0.1, parseFloat(columnGap), lines, MORE)];
    });
    for (const [box, chips, n] of measured) {
      const left = chips.slice(n);
      if (!left.length) continue;
      const number = left.reduce((sum, chip) => sum + Number(chip.dataset.more ?? 1), 0);
      const marked = left.some((chip) => chip.classList.contains("marked"));
      left.forEach((chip) => chip.remove());
      box.append(moreTerms(number, marked, left.map((chip) => chip.textContent).join(", ")));
    }
  }

  return { NARROW, columnsThatFit, widthOf, chipsThatFit, cutChips };
})();
