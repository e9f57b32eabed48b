"use strict";
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
  document.addEventListener("DOMContentLoaded", () => {
    const toggle = document.getElementById("theme");
    const say = () => { toggle.textContent = isDark() ? "Light" : "Dark"; };
    toggle.hidden = false;
    toggle.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; say(); });
    dark.addEventListener("change", say);
    say();
  });
})();
