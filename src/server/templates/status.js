"use strict";
// Keeps the page up to date. Without it, the page is what it was when it was opened.
(() => {
  const quick = 2000, calm = 30000;
  const live = () => document.getElementById("live");
  if (!live()) return;
  if (location.search) history.replaceState(null, "", "/");

  const replace = (fresh) => {
    const open = Array.from(document.querySelectorAll("details[open]"), (details) => details.id);
    const focus = document.activeElement && document.activeElement.id;
    for (const id of open) {
      const details = fresh.querySelector("#" + CSS.escape(id));
      if (details) details.open = true;
    }
    live().replaceWith(fresh);
    // What was said of a run is over with it.
    if (!document.querySelector("[data-busy]")) document.getElementById("said").replaceChildren();
    if (focus && document.activeElement.id !== focus) {
      const element = document.getElementById(focus);
      if (element) element.focus({ preventScroll: true });
    }
  };

  const refresh = async () => {
    try {
      if (!document.hidden) {
        const answer = await fetch("/", { cache: "no-store", headers: { accept: "text/html" } });
        // Signed out meanwhile: the form to sign in by has nothing that is live.
        if (answer.redirected) location.assign("/");
        const text = await answer.text();
        const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("live");
        if (answer.ok && fresh) replace(document.adoptNode(fresh));
      }
    } catch {
      // The service may be restarting. It is asked again.
    }
    plan();
  };
  const plan = () => setTimeout(refresh, document.querySelector("[data-busy]") ? quick : calm);
  plan();
})();
