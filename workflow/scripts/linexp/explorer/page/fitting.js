"use strict";

// What fits into the width that is there.
linexp.fitting = (() => {
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

  return { columnsThatFit, widthOf };
})();
