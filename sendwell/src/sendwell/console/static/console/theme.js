// Sets dark or light before the first paint: the remembered choice, else the system's. Toggled by [data-theme-toggle].
(function () {
  "use strict";
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  function remembered() {
    try { return localStorage.getItem("sendwell-theme"); } catch { return null; }
  }
  function apply() {
    document.documentElement.setAttribute("data-bs-theme", remembered() || (system.matches ? "dark" : "light"));
  }
  apply();
  system.addEventListener("change", apply);
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-theme-toggle]")) return;
    const next = document.documentElement.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    try { localStorage.setItem("sendwell-theme", next); } catch { /* private mode: the choice lasts for this page */ }
    document.documentElement.setAttribute("data-bs-theme", next);
  });
})();
