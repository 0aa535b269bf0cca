// Walks down the page, so that whatever waits for being seen is loaded.
(async (cap) => {
  const pause = (ms) => new Promise((r) => setTimeout(r, ms));
  const height = () => Math.min(cap, Math.max(document.documentElement.scrollHeight, document.body ? document.body.scrollHeight : 0));
  for (let y = 0, n = 0; y < height() && n < 24; y += innerHeight * 0.8, n++) {
    scrollTo({ top: y, behavior: "instant" });
    await pause(60);
  }
  scrollTo({ top: 0, behavior: "instant" });
  await pause(60);
})
