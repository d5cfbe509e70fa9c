// Only enhances: every page is complete without it. Runs in the head, so that the theme is set before
// anything is painted.
"use strict";
(() => {
  const root = document.documentElement;
  const themes = ["system", "light", "dark"];
  const read = () => {
    try { return localStorage.getItem("theme"); } catch { return null; }
  };
  const apply = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  apply(read());

  const addThemeSwitch = () => {
    const button = document.createElement("button");
    let now = Math.max(0, themes.indexOf(read()));
    const show = () => { button.textContent = `Theme: ${themes[now]}`; };
    button.type = "button";
    button.id = "theme";
    button.addEventListener("click", () => {
      now = (now + 1) % themes.length;
      apply(themes[now]);
      try { localStorage.setItem("theme", themes[now]); } catch { /* private window: not kept */ }
      show();
    });
    show();
    document.querySelector(".top .wrap").append(button);
  };

  const addCopy = (block) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(block.querySelector("pre").textContent);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Select and copy";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    block.append(button);
  };

  document.addEventListener("DOMContentLoaded", () => {
    addThemeSwitch();
    document.querySelectorAll(".command").forEach(addCopy);
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const field = document.querySelector("input[type=search]");
    if (field) { event.preventDefault(); field.focus(); }
  });
})();
