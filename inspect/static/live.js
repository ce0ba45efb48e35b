// What the server sends is put into the page as text or as what the same server rendered;
// nothing of it is run.
(() => {
  "use strict";
  const follow = document.body.dataset.live, state = document.getElementById("follow");
  if (!follow || !window.EventSource) return;
  const show = (on, text) => { state.className = "follow " + (on ? "on" : "off"); state.textContent = text; };

  // Parts of the page are fetched anew when something has changed, one fetch at a time.
  let fetching = false, again = false;
  const busy = part => part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea, button");
  const renew = async () => {
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const part of document.querySelectorAll("[data-part]")) {
          const other = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
          if (!other || busy(part) || other.innerHTML === part.innerHTML) continue;
          const left = part.scrollLeft, had = document.activeElement === part;
          const next = document.importNode(other, true);
          part.replaceWith(next);
          next.scrollLeft = left;
          if (had) next.focus({ preventScroll: true });
        }
        const asOf = document.querySelector("footer time"), now = fresh.querySelector("footer time");
        if (asOf && now) asOf.replaceWith(document.importNode(now, true));
      }
    } catch { /* the next event tries again */ }
    fetching = false;
    if (again) { again = false; renew(); }
  };

  // What an agent says while it says it.
  const said = document.getElementById("said"), log = said && said.querySelector("[role=log]");
  let block = null, kind = "";
  const line = (tag, name, text) => {
    const e = document.createElement(tag);
    e.className = name;
    e.textContent = text;
    log.append(e);
    return e;
  };
  const write = (name, text) => {
    if (!block || kind !== name) { block = line("pre", name, ""); kind = name; }
    block.append(text);
  };
  const tell = (name, data) => {
    if (!log) return;
    const bottom = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    said.hidden = false;
    switch (name) {
    case "attempt":
      if (data.turn !== tell.turn) { log.replaceChildren(); tell.turn = data.turn; }
      block = null;
      if (!data.call) break;
      line("p", "dim", `turn ${data.turn}, call ${data.call}${data.tools ? ": its tools run" : data.model ? ", " + data.model : ""}`);
      break;
    case "piece":
      if (data.text) write("text", data.text);
      if (data.reasoning) write("reasoning", data.reasoning);
      if (data.call) { block = null; line("pre", "call", `${data.call.name} ${data.call.args || ""}${data.call.cut ? "…" : ""}`); }
      if (data.run) { block = null; line("p", data.run.failed ? "bad" : "dim", `${data.run.name} ${data.run.ended ? (data.run.failed ? "failed" : "is done") : "runs"}`); }
      break;
    case "end":
      block = null;
      if (data.kind !== "done") line("p", "bad", `${data.kind}${data.reason ? ": " + data.reason : ""}`);
      break;
    }
    while (log.childElementCount > 400) log.firstElementChild.remove();
    if (bottom) log.scrollTop = log.scrollHeight;
  };

  // A browser has few connections to one server: a page that nobody looks at holds none, and
  // catches up when somebody does.
  let source = null, opened = false;
  const connect = () => {
    source = new EventSource(follow);
    source.addEventListener("hello", () => {
      show(true, "live");
      if (log) { log.replaceChildren(); tell.turn = 0; block = null; }
      if (opened) renew();
      opened = true;
    });
    source.addEventListener("changed", renew);
    for (const name of ["attempt", "piece", "end"]) source.addEventListener(name, e => tell(name, JSON.parse(e.data)));
    source.onerror = () => {
      show(false, "connecting again");
      if (source.readyState !== EventSource.CLOSED) return;
      opened = true; // what happens meanwhile it has to catch up with
      source = null; // it was refused, as while the store is away: a browser does not ask again by itself
      setTimeout(look, 3000);
    };
  };
  const look = () => {
    if (!document.hidden) {
      if (!source) connect();
    } else if (source) {
      source.close();
      source = null;
      show(false, "not live while hidden");
    } else {
      opened = true; // it was loaded behind another: what it shows grows old meanwhile
    }
  };
  document.addEventListener("visibilitychange", look);
  look();
})();
