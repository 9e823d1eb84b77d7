// Keeps the wall fresh. Without it the page reloads itself.
"use strict";
(() => {
  const feed = document.getElementById("feed");
  const live = document.getElementById("live");
  const whole = location.pathname === "/wall";
  const known = new Set([...feed.querySelectorAll("[data-id]")].map((card) => card.dataset.id));
  let busy = false, again = false;

  // Puts the new lanes in, but keeps the cards that did not change: a film plays on, a carousel stays where it is.
  const put = (html) => {
    const next = new DOMParser().parseFromString(html, "text/html").body;
    for (const card of next.querySelectorAll("[data-id]")) {
      const old = feed.querySelector(`[data-id="${CSS.escape(card.dataset.id)}"]`);
      if (old && old.dataset.rev === card.dataset.rev && card.querySelector("video,.many,.swipe")) {
        card.replaceWith(old);
      } else if (!known.has(card.dataset.id) || (old && old.dataset.rev !== card.dataset.rev)) {
        card.classList.add("fresh");
      }
      known.add(card.dataset.id);
    }
    feed.replaceChildren(...next.childNodes);
  };

  const refresh = async () => {
    if (!whole) return;
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(`/wall/feed${location.search}`, { cache: "no-store" });
      if (answer.ok) put(await answer.text());
    } catch { /* the next event tries again */ }
    busy = false;
    if (again) { again = false; refresh(); }
  };

  const events = new EventSource("/wall/events");
  events.addEventListener("open", () => { live.textContent = "live"; live.classList.add("on"); refresh(); });
  events.addEventListener("error", () => { live.textContent = "waiting for the sandbox"; live.classList.remove("on"); });
  events.addEventListener("change", refresh);
  setInterval(refresh, 30000);
})();
