// Waits for fonts and pictures and ends what moves.
(async () => {
  const pause = (ms) => new Promise((r) => setTimeout(r, ms));
  const images = [...document.images].slice(0, 1000);
  for (const i of images) i.decoding = "sync";
  await Promise.race([
    Promise.all([document.fonts.ready, ...images.map((i) => i.complete && i.naturalWidth ? i.decode().catch(() => 0) : 0)]),
    pause(3000),
  ]);
  for (const v of document.querySelectorAll("video,audio")) { try { v.pause(); v.currentTime = 0; } catch { /* not loaded */ } }
  for (let k = 0; k < 2; k++) {
    for (const a of document.getAnimations ? document.getAnimations() : []) { try { a.finish(); } catch { try { a.cancel(); } catch { /* gone */ } } }
    await pause(30);
  }
  if (document.activeElement && document.activeElement !== document.body) document.activeElement.blur();
})()
