// Returns what is on the page.
((cap) => {
  // Elements without a box of their own may be joined, written into the page
  // or put around a picture.
  const none = /^(picture|source|script|style|link|meta|noscript|template|br|wbr)$/;
  const boxes = [];
  for (const e of document.body ? document.body.querySelectorAll("*") : []) {
    if (boxes.length >= 5000) break;
    if (none.test(e.localName) || e.ownerSVGElement) continue;
    const r = e.getBoundingClientRect();
    if (r.width < 1 || r.height < 1 || r.top + scrollY > cap) continue;
    let at = e.localName;
    if (e.id) at += "#" + e.id;
    else if (e.classList.length) at += "." + e.classList[0];
    boxes.push({ Tag: e.localName, At: at.slice(0, 60), X: Math.round(r.x + scrollX), Y: Math.round(r.y + scrollY), W: Math.round(r.width), H: Math.round(r.height) });
  }
  const images = [...document.images].slice(0, 1000).map((i) => {
    const r = i.getBoundingClientRect();
    return { Name: (i.currentSrc || i.src || "").slice(0, 300), Loaded: i.complete && i.naturalWidth > 0, Shown: r.width >= 1 && r.height >= 1,
      Blank: !i.getAttribute("src") && !i.getAttribute("srcset"), Lazy: i.loading === "lazy" };
  });
  const text = document.body ? document.body.innerText : "";
  return {
    Title: document.title, Lang: document.documentElement.lang,
    Text: text.replace(/[ \t\u00a0]+/g, " ").replace(/ *\n[\n ]*/g, "\n").trim().slice(0, 1 << 20),
    Boxes: boxes, Images: images,
    Height: Math.min(cap, Math.max(document.documentElement.scrollHeight, document.body ? document.body.scrollHeight : 0)),
    Width: document.documentElement.scrollWidth,
    Masked: [...document.querySelectorAll("video,iframe,embed,object")].map((e) => { const r = e.getBoundingClientRect();
      return { Tag: e.localName, At: "", X: Math.round(r.x + scrollX), Y: Math.round(r.y + scrollY), W: Math.round(r.width), H: Math.round(r.height) }; }),
  };
})
