"use strict";
// Carries along what stands behind `#`, as the filters of a report: no server is told of it.
(() => {
  const again = document.getElementById("again");
  if (again) location.replace(again.getAttribute("href") + location.hash);
  const next = document.getElementById("next");
  if (next && !next.value.includes("#") && location.hash.length <= 1000) next.value = (next.value || "/") + location.hash;
})();
