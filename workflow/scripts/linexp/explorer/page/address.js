"use strict";

// The address keeps what is shown. Browsers refuse to change it hundreds of times a minute, as a slider would, so that
// changes wait for each other; what waits is written before one goes elsewhere.
linexp.address = (() => {
  const PAUSE = 400;
  let written = 0;
  let waiting = null;
  let of = null; // the address in whose place it waits
  let timer = null;
  let isOwn = false;

  function flush() {
    clearTimeout(timer);
    if (waiting === null) return;
    // the browser may be elsewhere already, and not have told yet
    if (location.hash === of) {
      history.replaceState(history.state, "", waiting);
      written = Date.now();
    }
    waiting = null;
  }

  function keep(hash) {
    waiting = hash;
    of = location.hash;
    clearTimeout(timer);
    timer = setTimeout(flush, Math.max(0, written + PAUSE - Date.now()));
  }

  // to another view, of which is what comes to wait before the browser tells that it is there
  function go(hash) {
    isOwn = true;
    location.hash = hash;
  }

  // else what waits is of the view before
  function arrived() {
    if (isOwn) flush();
    clearTimeout(timer);
    waiting = null;
    isOwn = false;
  }

  addEventListener("click", flush, true);
  addEventListener("pagehide", flush);
  addEventListener("hashchange", arrived, true);

  return { keep, flush, go };
})();
