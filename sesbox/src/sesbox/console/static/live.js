// Keeps parts marked data-live fresh: asks the same page for that part while the tab is visible.
// Without this file every page works; one reloads by hand.
for (const part of document.querySelectorAll("[data-live]")) {
  setInterval(async () => {
    if (document.hidden || part.contains(document.activeElement)) return;
    try {
      const answer = await fetch(part.dataset.live, { headers: { Accept: "text/html" } });
      const text = answer.ok ? await answer.text() : part.innerHTML;
      if ("reload" in part.dataset) {
        if (text.includes("<li>")) location.reload();
      } else if (text !== part.dataset.seen) part.innerHTML = part.dataset.seen = text;
    } catch {
      // sesbox was stopped; it will be asked again
    }
  }, 2500);
}
