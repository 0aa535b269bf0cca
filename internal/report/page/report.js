(async () => {
  "use strict";
  // Data: compressed, because ten thousand names repeat themselves.
  const text = atob(document.getElementById("data").textContent), packed = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
  const d = JSON.parse(await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text());
  const T = d.texts;

  // The tables come as columns; rows are easier to sort.
  const F = d.files, E = d.entries, R = d.res;
  const outputs = new Map();
  let f = 0;
  d.entries = (E.file || []).map((step, i) => {
    f += step;
    let name = E.name[i];
    const from = f < 0 ? "" : F.path[f], dot = from.lastIndexOf(".");
    if (f >= 0 && name === "") name = from;
    else if (f >= 0 && name[0] === "*") name = from.slice(0, dot + 1) + name.slice(1) + from.slice(dot);
    if (f >= 0) outputs.set(f, [...(outputs.get(f) || []), i]);
    const kind = { ".css": "css", ".js": "js", ".mjs": "js", ".svg": "svg", ".html": "html", ".htm": "html" }[(name.match(/\.[^./]+$/) || [""])[0]] || (f < 0 ? "other" : T[F.kind[f]]);
    return [name, kind, E.size[i], E.gzip[i], E.br[i], E.class[i], E.cache[i]];
  });
  d.files = (F.path || []).map((path, i) => {
    const own = outputs.get(i) || [], more = F.more[i] || [[], []];
    const after = F.after[i] || (own.length ? d.entries[own[0]][2] : 0);
    return [path, T[F.kind[i]], F.before[i], after, F.kept[i], F.stays[i], F.steps[i], F.note[i], F.width[i], F.height[i], more[0], more[1], own.map((n) => d.entries[n][0])];
  });
  let at = 0;
  d.res = (R.name || []).map((n, i) => {
    const e = typeof n === "number" ? d.entries[(at += n)] : null;
    return [e ? e[0] : n, T[R.kind[i]], R.bytes[i] || (e ? e[3] || e[2] : 0)];
  });

  const size = (n) => (n < 1000 ? n + " B" : n < 999500 ? (n / 1e3).toFixed(1) + " kB" : n < 999.5e6 ? (n / 1e6).toFixed(2) + " MB" : (n / 1e9).toFixed(2) + " GB");
  const saved = (a, b) => (a ? Math.round(100 - (100 * b) / a) + " %" : "");
  // The formula that the headline names.
  const load = (bytes, more) => d.rtt * (more ? 5 : 4) + bytes / d.rate;
  const seconds = (s) => s.toFixed(1) + " s";

  function el(tag, props, ...children) {
    const e = document.createElement(tag);
    for (const k in props || {}) k in e && k !== "list" ? (e[k] = props[k]) : e.setAttribute(k, props[k]);
    e.append(...children);
    return e;
  }
  function svg(tag, attrs, ...children) {
    const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const k in attrs) e.setAttribute(k, attrs[k]);
    e.append(...children);
    return e;
  }
  const put = (id, ...nodes) => document.getElementById(id).append(...nodes);

  // A table that sorts, filters and grows. cols: {name, n (number), get, show};
  // open(row) returns what a row shows when it is opened.
  function table(id, { caption, cols, rows, open, sort = 0, desc = false, filters = [] }) {
    const first = 100;
    let shown = first, by = sort, down = desc;
    const input = el("input", { type: "search", placeholder: "Filter", "aria-label": "Filter: " + caption });
    const selects = filters.map(({ label, values, get }) => {
      const s = el("select", { "aria-label": label }, el("option", { value: "" }, label));
      for (const v of values) s.append(el("option", { value: v }, v));
      return { s, get };
    });
    const status = el("span", { className: "soft", role: "status" });
    const more = el("button", { type: "button", hidden: true }, "Show more");
    const body = el("tbody");
    const heads = cols.map((c, i) => {
      const b = el("button", { type: "button" }, c.name);
      b.addEventListener("click", () => {
        down = by === i ? !down : !!c.n;
        by = i;
        draw();
      });
      return el("th", { scope: "col", className: c.n ? "n" : "" }, b);
    });
    const box = el("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": caption },
      el("table", null, el("caption", null, caption), el("thead", null, el("tr", null, ...heads)), body));
    put(id, el("div", { className: "bar" }, input, ...selects.map((x) => x.s), status), box, more);

    function draw() {
      const want = input.value.toLowerCase();
      let list = rows.filter((r) => (!want || cols.some((c) => !c.n && String(c.get(r)).toLowerCase().includes(want))) && selects.every(({ s, get }) => !s.value || get(r) === s.value));
      const get = cols[by].get;
      list.sort((a, b) => {
        const x = get(a), y = get(b);
        return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
      });
      heads.forEach((h, i) => (i === by ? h.setAttribute("aria-sort", down ? "descending" : "ascending") : h.removeAttribute("aria-sort")));
      body.replaceChildren(...list.slice(0, shown).map(row));
      status.textContent = list.length + (list.length === rows.length ? "" : " of " + rows.length);
      more.hidden = list.length <= shown;
    }
    function row(r) {
      const tr = el("tr");
      cols.forEach((c, i) => {
        const text = c.show ? c.show(r) : String(c.get(r));
        const td = el("td", { className: (c.n ? "n " : "") + (c.mark ? c.mark(r) : "") });
        if (i === 0 && open) {
          const b = el("button", { type: "button", className: "row", "aria-expanded": "false" }, text);
          b.addEventListener("click", () => {
            const was = b.getAttribute("aria-expanded") === "true";
            b.setAttribute("aria-expanded", String(!was));
            if (was) tr.nextSibling.remove();
            else tr.after(el("tr", null, el("td", { colSpan: cols.length }, open(r))));
          });
          td.append(b);
        } else td.append(text);
        tr.append(td);
      });
      return tr;
    }
    const restart = () => {
      shown = first;
      draw();
    };
    input.addEventListener("input", restart);
    for (const { s } of selects) s.addEventListener("change", restart);
    more.addEventListener("click", () => {
      shown += 400;
      draw();
    });
    draw();
  }

  // Pages: [path, requests and bytes before, requests and bytes after, critical, external, own before, own after, loads before, loads after]
  const weight = (own, loads) => own + loads.reduce((s, i) => s + d.res[i][2], 0);
  // Both sides are drawn to the scale of the heavier one, whole.
  function fall(title, side, own, path, loads, whole) {
    const total = weight(own, loads);
    const box = el("div", { className: "fall" });
    let sent = 0;
    const bar = (name, kind, bytes) => {
      box.append(el("span", { title: name }, name.split("/").pop() || name),
        svg("svg", { viewBox: "0 0 1000 10", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("rect", { x: (1000 * sent) / (whole || 1), width: Math.max(2, (1000 * bytes) / (whole || 1)), height: 10, class: side })),
        el("span", null, size(bytes)));
      sent += bytes;
    };
    bar(path, "html", own);
    for (const i of loads.slice(0, 60)) bar(d.res[i][0], d.res[i][1], d.res[i][2]);
    const rest = loads.length - 60;
    return el("div", null, el("h3", null, title + ": " + size(total) + ", " + (loads.length + 1) + " requests, about " + seconds(load(total, loads.length))), box, rest > 0 ? el("small", null, "and " + rest + " more") : "");
  }
  table("pages", {
    caption: "Pages with all that they load, as gzip sends them. A name opens what is loaded, one after another through a slow line.",
    rows: d.pages, sort: 2, desc: true,
    cols: [
      { name: "page", get: (p) => p[0] },
      { name: "before", n: 1, get: (p) => p[2], show: (p) => size(p[2]) },
      { name: "after", n: 1, get: (p) => p[4], show: (p) => size(p[4]) },
      { name: "saved", n: 1, get: (p) => 1 - p[4] / (p[2] || 1), show: (p) => saved(p[2], p[4]) },
      { name: "requests before", n: 1, get: (p) => p[1] },
      { name: "after", n: 1, get: (p) => p[3] },
      { name: "critical", n: 1, get: (p) => p[5], show: (p) => size(p[5]) },
      { name: "other hosts", n: 1, get: (p) => p[6] },
      { name: "slow 4G", n: 1, get: (p) => load(p[4], p[3] > 1), show: (p) => seconds(load(p[4], p[3] > 1)) },
    ],
    open: (p) => {
      const whole = Math.max(weight(p[7], p[9]), weight(p[8], p[10]));
      return el("div", { className: "falls" }, fall("Before", "was", p[7], p[0], p[9], whole), fall("After", "now", p[8], p[0], p[10], whole));
    },
  });

  // Entries: [path, kind, size, gzip, br, class, policy]
  const part = { raw: (e) => e[2], gzip: (e) => e[3] || e[2], br: (e) => e[4] || e[3] || e[2] };
  function treemap() {
    const map = document.getElementById("map");
    const get = part[document.getElementById("coding").value];
    const list = d.entries.map((e) => [get(e), e]).filter((x) => x[0] > 0).sort((a, b) => b[0] - a[0]);
    const max = 400;
    const rest = list.slice(max).reduce((s, x) => s + x[0], 0);
    const cut = list.slice(0, max);
    if (rest) cut.push([rest, [list.length - max + " smaller files", "other", rest]]);
    const W = map.clientWidth, H = map.clientHeight;
    const total = cut.reduce((s, x) => s + x[0], 0) || 1;
    const out = [];
    // Squarified: rows as near to squares as they get (Bruls, Huizing, van Wijk).
    let x = 0, y = 0, w = W, h = H, i = 0;
    while (i < cut.length && w > 0 && h > 0) {
      const side = Math.min(w, h), scale = (W * H) / total;
      let sum = 0, worst = Infinity, j = i;
      while (j < cut.length) {
        const s = sum + cut[j][0] * scale;
        const big = cut[i][0] * scale, little = cut[j][0] * scale;
        const now = Math.max((side * side * big) / (s * s), (s * s) / (side * side * little));
        if (now > worst) break;
        worst = now;
        sum = s;
        j++;
      }
      const thick = sum / side;
      let at = 0;
      for (; i < j; i++) {
        const len = (cut[i][0] * scale) / thick;
        out.push(w >= h ? [x, y + at, thick, len, cut[i]] : [x + at, y, len, thick, cut[i]]);
        at += len;
      }
      if (w >= h) (x += thick), (w -= thick);
      else (y += thick), (h -= thick);
    }
    map.replaceChildren(...out.map(([l, t, ww, hh, [bytes, e]]) => {
      const kind = ["html", "css", "js", "image", "svg", "font", "media"].includes(e[1]) ? e[1] : "other";
      const box = el("div", { className: "k-" + kind, title: e[0] + "  " + size(bytes) }, ww > 45 && hh > 16 ? e[0].split("/").pop() + " " + size(bytes) : "");
      Object.assign(box.style, { left: l + "px", top: t + "px", width: ww + "px", height: hh + "px" });
      return box;
    }));
  }
  document.getElementById("coding").addEventListener("change", treemap);
  addEventListener("resize", treemap);
  treemap();

  // Likenesses: without a script both sides stand beside each other.
  for (const shot of document.querySelectorAll(".shot")) {
    const range = shot.querySelector("input"), pair = shot.querySelector(".pair");
    const move = () => pair.style.setProperty("--at", range.value + "%");
    range.addEventListener("input", move);
    range.hidden = false;
    range.setAttribute("aria-valuetext", "");
    const tell = () => range.setAttribute("aria-valuetext", range.value + " % before, " + (100 - range.value) + " % after");
    range.addEventListener("input", tell);
    tell();
    move();
    pair.classList.add("over");
  }

  // Files: [path, kind, before, after, kept, name kept, steps, note, width, height, variants, decisions, outputs]
  const pictures = d.files.filter((f) => f[1] === "image").sort((a, b) => b[2] - b[3] - (a[2] - a[3])).slice(0, 48);
  if (!pictures.length) put("pictures", el("p", null, "The site has no pictures."));
  put("pictures", el("ul", { className: "cards" }, ...pictures.map((f) => {
    const bars = [["was", f[2], "was"], [T[f[6]] || "kept", f[3], "now"], ...f[10].map((v) => [v[0] + (v[3] ? "" : " (not served)"), v[1], "now"])];
    const top = Math.max(...bars.map((b) => b[1]), 1);
    const dl = el("dl");
    for (const [name, bytes] of bars) dl.append(el("dt", null, name.replace("image/", "")), el("dd", null, size(bytes)));
    return el("li", null, el("h3", null, f[0]), el("small", null, [f[8] ? f[8] + " × " + f[9] + " px" : "", T[f[7]] || T[f[4]] || ""].filter(Boolean).join(" · ")),
      svg("svg", { class: "bars", viewBox: "0 0 100 " + bars.length * 4, preserveAspectRatio: "none", "aria-hidden": "true" }, ...bars.map((b, i) => svg("rect", { y: i * 4, width: (100 * b[1]) / top, height: 3, class: b[2] }))), dl);
  })));

  // Caching.
  const classes = new Map();
  for (const e of d.entries) {
    const k = e[5] + "\n" + e[6];
    const c = classes.get(k) || { cls: T[e[5]], policy: T[e[6]], n: 0, bytes: 0 };
    c.n++;
    c.bytes += e[2];
    classes.set(k, c);
  }
  table("caching", {
    caption: "How browsers may keep what", rows: [...classes.values()], sort: 3, desc: true,
    cols: [
      { name: "class", get: (c) => c.cls },
      { name: "Cache-Control", get: (c) => c.policy || "(the host's default)" },
      { name: "names", n: 1, get: (c) => c.n },
      { name: "bytes", n: 1, get: (c) => c.bytes, show: (c) => size(c.bytes) },
    ],
  });
  table("urls", {
    caption: "Every name that answers", rows: d.entries, sort: 2, desc: true,
    filters: [{ label: "All classes", values: [...new Set(d.entries.map((e) => T[e[5]]))].sort(), get: (e) => T[e[5]] }],
    cols: [
      { name: "name", get: (e) => e[0] },
      { name: "class", get: (e) => T[e[5]] },
      { name: "bytes", n: 1, get: (e) => e[2], show: (e) => size(e[2]) },
      { name: "gzip", n: 1, get: (e) => e[3], show: (e) => (e[3] ? size(e[3]) : "") },
      { name: "brotli", n: 1, get: (e) => e[4], show: (e) => (e[4] ? size(e[4]) : "") },
      { name: "Cache-Control", get: (e) => T[e[6]] },
    ],
  });

  // Findings: [severity, path, line, column, rule, message, hint, evidence]
  const levels = ["info", "warn", "error"];
  table("findings", {
    caption: "What hone found, worst first", rows: d.findings, sort: 0, desc: true,
    filters: [{ label: "All levels", values: levels, get: (f) => levels[f[0]] }, { label: "All rules", values: [...new Set(d.findings.map((f) => T[f[4]]))].sort(), get: (f) => T[f[4]] }],
    cols: [
      { name: "level", get: (f) => f[0], show: (f) => levels[f[0]], mark: (f) => ["soft", "warn", "bad"][f[0]] },
      { name: "where", get: (f) => f[1] + (f[2] ? ":" + f[2] + ":" + f[3] : "") },
      { name: "what", get: (f) => T[f[5]] + (f[6] ? "; " + T[f[6]] : "") + (f[7] ? " (" + T[f[7]] + ")" : "") },
      { name: "rule", get: (f) => T[f[4]] },
    ],
  });

  table("files", {
    caption: "What became of each file. A name opens its story.", rows: d.files, sort: 2, desc: true,
    filters: [{ label: "All kinds", values: [...new Set(d.files.map((f) => f[1]))].sort(), get: (f) => f[1] }, { label: "Changed or kept", values: ["changed", "kept"], get: (f) => (f[4] ? "kept" : "changed") }],
    cols: [
      { name: "file", get: (f) => f[0] },
      { name: "kind", get: (f) => f[1] },
      { name: "before", n: 1, get: (f) => f[2], show: (f) => size(f[2]) },
      { name: "after", n: 1, get: (f) => f[3], show: (f) => size(f[3]) },
      { name: "saved", n: 1, get: (f) => (f[2] ? 1 - f[3] / f[2] : 0), show: (f) => saved(f[2], f[3]) },
      { name: "what was done", get: (f) => (f[4] ? "kept: " + T[f[4]] : T[f[6]]) },
    ],
    open: (f) => {
      const dl = el("dl");
      const say = (k, v) => v && dl.append(el("dt", null, k), el("dd", null, v));
      say("done by", T[f[6]]);
      say("how", T[f[7]]);
      say("kept", T[f[4]]);
      say("name stays", T[f[5]]);
      for (const v of f[10]) say("candidate", v[0] + " " + size(v[1]) + (v[3] ? ", served" : ", not served") + (T[v[2]] ? ": " + T[v[2]] : ""));
      for (const i of f[11]) say("decision", T[i]);
      for (const p of f[12]) say("answers as", p);
      return dl;
    },
  });
  document.documentElement.dataset.ready = "1";
  performance.mark("ready");
})().catch((e) => {
  const p = document.getElementById("broken");
  p.hidden = false;
  p.textContent = "The details cannot be shown: " + e.message;
});
