// Loads the page anew after each build and shows what went wrong. It stands in
// served pages only.
(() => {
  "use strict";
  const self = document.currentScript;
  const mine = self.dataset.build;
  self.remove();
  let source, box;

  function hide() {
    if (box) box.remove();
    box = undefined;
  }

  function line(parent, tag, text) {
    const e = document.createElement(tag);
    e.textContent = text;
    parent.append(e);
    return e;
  }

  // A shadow tree: the page's styles do not reach in, nor these out.
  function show(state) {
    hide();
    box = document.createElement("hone-overlay");
    const root = box.attachShadow({ mode: "closed" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`
      :host { all: initial; position: fixed; inset: 0; z-index: 2147483647; overflow: auto; padding: 5vh 1rem; background: rgb(0 0 0 / .6) }
      section { box-sizing: border-box; max-width: 56rem; margin: 0 auto; padding: 1rem 1.5rem 1.5rem; border-top: .4rem solid #d33; border-radius: .3rem; background: #1b1b1f; color: #eee; font: 15px/1.5 ui-monospace, monospace }
      h1 { margin: 0 0 .75rem; font: 600 1.15rem system-ui, sans-serif; overflow-wrap: anywhere }
      ol { margin: 0; padding: 0; list-style: none }
      li { margin: 0 0 .75rem; overflow-wrap: anywhere; white-space: pre-wrap }
      b { color: #ff8b8b } b.warn { color: #f5c451 } b.info { color: #9ac }
      small { display: block; color: #b9b9c6; font-size: inherit }
      p { margin: 1rem 0 0; color: #b9b9c6; font-family: system-ui, sans-serif }
      button { float: right; border: 1px solid #777; border-radius: .3rem; padding: .1rem .6rem; background: none; color: inherit; font: inherit; cursor: pointer }`);
    root.adoptedStyleSheets = [sheet];
    const section = document.createElement("section");
    section.setAttribute("role", "alertdialog");
    section.setAttribute("aria-label", state.title);
    const close = line(section, "button", "Close");
    close.addEventListener("click", hide);
    line(section, "h1", state.title);
    const list = line(section, "ol", "");
    for (const p of state.problems || []) {
      const item = line(list, "li", "");
      const level = line(item, "b", p.level + " ");
      level.className = p.level;
      item.append(p.text);
      if (p.hint) line(item, "small", p.hint);
    }
    line(section, "p", "The page below is the last good build. This goes away when the next one succeeds.");
    root.append(section);
    (document.body || document.documentElement).append(box);
    close.focus();
  }

  addEventListener("keydown", (e) => e.key === "Escape" && hide());

  function open() {
    if (source) return;
    source = new EventSource("/__hone/events");
    source.onmessage = (e) => {
      const state = JSON.parse(e.data);
      if (state.status === "ok" && state.build !== mine) {
        close();
        location.reload();
      } else if (state.status === "error") show(state);
      else if (state.status === "ok") hide();
    };
  }

  function close() {
    if (source) source.close();
    source = undefined;
  }

  // Browsers keep six connections to a server: tabs nobody sees give theirs up.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", () => document.hidden || open());
  if (!document.hidden) open();
})();
