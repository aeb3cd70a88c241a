"use strict";

// The address keeps what is shown. Browsers refuse to change it hundreds of times a minute, as a slider would, so that
// changes wait for each other; what waits is written before one goes elsewhere.
linexp.address = (() => {
  const PAUSE = 400;
  let written = 0;
  let waiting = null;
  let timer = null;

  function flush() {
    clearTimeout(timer);
    if (waiting === null) return;
    history.replaceState(history.state, "", waiting);
    written = Date.now();
    waiting = null;
  }

  function keep(hash) {
    waiting = hash;
    clearTimeout(timer);
    timer = setTimeout(flush, Math.max(0, written + PAUSE - Date.now()));
  }

  // what waits is of the view before
  function forget() {
    clearTimeout(timer);
    waiting = null;
  }

  addEventListener("click", flush, true);
  addEventListener("pagehide", flush);
  addEventListener("hashchange", forget, true);

  return { keep, flush };
})();
