// Runs before the scripts of a page: chance gives the same numbers each time.
(() => {
  let s = 42;
  const next = () => {
    s = (s + 0x6D2B79F5) | 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  Math.random = next;
  try {
    crypto.getRandomValues = (a) => { const b = new Uint8Array(a.buffer, a.byteOffset, a.byteLength); for (let i = 0; i < b.length; i++) b[i] = next() * 256; return a; };
    crypto.randomUUID = () => "00000000-0000-4000-8000-" + String(Math.floor(next() * 1e12)).padStart(12, "0");
  } catch { /* not in this context */ }
})();
