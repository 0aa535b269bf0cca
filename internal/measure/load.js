// Runs before the scripts of a page and notes what it feels like to wait.
(() => {
  const w = (window.__hone_times = { lcp: 0, cls: 0, fcp: 0, tasks: [] });
  const on = (type, f) => { try { new PerformanceObserver((l) => l.getEntries().forEach(f)).observe({ type, buffered: true }); } catch { /* unknown type */ } };
  on("largest-contentful-paint", (e) => { w.lcp = e.startTime; });
  on("paint", (e) => { if (e.name === "first-contentful-paint") w.fcp = e.startTime; });
  on("longtask", (e) => { w.tasks.push([e.startTime, e.duration]); });
  // A session of shifts: gaps below a second, five seconds at most; the worst
  // one counts.
  let sum = 0, first = 0, last = 0;
  on("layout-shift", (e) => {
    if (e.hadRecentInput) return;
    if (e.startTime - last > 1000 || e.startTime - first > 5000) { sum = 0; first = e.startTime; }
    last = e.startTime;
    sum += e.value;
    w.cls = Math.max(w.cls, sum);
  });
})();
