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

  // Says something for a moment, also to who listens.
  const tell = (text) => {
    let told = document.querySelector(".told");
    if (!told) {
      told = document.createElement("div");
      told.className = "told";
      told.setAttribute("role", "status");
      document.body.append(told);
    }
    told.textContent = text;
    clearTimeout(tell.timer);
    tell.timer = setTimeout(() => { told.textContent = ""; }, 2500);
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false;
    }
  };

  const addCopy = (block) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const done = await copy(block.querySelector("pre").textContent);
      button.textContent = done ? "Copied" : "Select it";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    block.append(button);
  };

  // A digest is shown short and copied whole. Inside of a link it leads where the link does.
  const addWholeDigest = (code) => {
    if (code.closest("a, button, summary")) return;
    const act = async () => {
      tell(await copy(code.title) ? "Digest copied" : code.title);
    };
    code.tabIndex = 0;
    code.setAttribute("role", "button");
    code.setAttribute("aria-label", `copy ${code.title}`);
    code.addEventListener("click", act);
    code.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      act();
    });
  };

  const places = {
    h: ["/", "home"], s: ["/search", "search"], i: ["/impact", "impact"], c: ["/compare", "compare"],
    d: ["/advisories", "advisories"], p: ["/policy", "policy"], a: ["/activity", "activity"], m: ["/admin", "administration"],
  };
  // Only where the head of the page leads too: administration is not for everybody.
  const place = (key) => {
    const found = places[key];
    return found && document.querySelector(`.top a[href="${found[0]}"]`) ? found : undefined;
  };
  const keys = () => [
    ["/", "search"],
    ["j", "next row"],
    ["k", "row before"],
    ["y", "copy the reference by digest"],
    ["?", "this list"],
    ...Object.keys(places).filter(place).map((key) => [`g ${key}`, `go to ${place(key)[1]}`]),
  ];

  const showKeys = () => {
    let dialog = document.querySelector("dialog.keys");
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.className = "keys";
      const title = document.createElement("h2");
      title.id = "keys";
      title.textContent = "Keys";
      dialog.setAttribute("aria-labelledby", "keys");
      const list = document.createElement("dl");
      list.className = "asked";
      for (const [key, meaning] of keys()) {
        const [term, text] = [document.createElement("dt"), document.createElement("dd")];
        for (const one of key.split(" ")) {
          const kbd = document.createElement("kbd");
          kbd.textContent = one;
          term.append(kbd, " ");
        }
        text.textContent = meaning;
        list.append(term, text);
      }
      const close = document.createElement("button");
      close.type = "button";
      close.textContent = "Close";
      close.addEventListener("click", () => dialog.close());
      dialog.append(title, list, close);
      document.body.append(dialog);
    }
    dialog.showModal();
  };

  // The first link of each row or card is where the keyboard goes.
  const move = (by) => {
    const rows = [...document.querySelectorAll("main tbody tr, main article.card")];
    const stops = rows.map((row) => row.querySelector("a")).filter(Boolean);
    if (!stops.length) return;
    const here = document.activeElement.closest("tr, article.card");
    const at = stops.findIndex((stop) => here && here.contains(stop));
    const next = at < 0 ? (by > 0 ? 0 : stops.length - 1) : Math.min(Math.max(at + by, 0), stops.length - 1);
    stops[next].focus();
    stops[next].scrollIntoView({ block: "nearest" });
  };

  const copyPinned = async () => {
    const pinned = document.querySelector("[data-pinned]")?.dataset.pinned;
    if (!pinned) tell("This page is about no single version");
    else tell(await copy(pinned) ? `Copied ${pinned}` : pinned);
  };

  let leading = 0;
  const press = (event) => {
    const went = Date.now() - leading < 1500 && place(event.key);
    leading = 0;
    if (went) location.assign(went[0]);
    else if (event.key === "/") {
      const field = document.querySelector("input[type=search]");
      if (!field) return;
      field.focus();
    } else if (event.key === "?") showKeys();
    else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "y") copyPinned();
    else if (event.key === "g") leading = Date.now();
    else return;
    event.preventDefault();
  };

  document.addEventListener("DOMContentLoaded", () => {
    addThemeSwitch();
    document.querySelectorAll(".command").forEach(addCopy);
    document.querySelectorAll("main code[title]").forEach(addWholeDigest);
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea, dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    press(event);
  });
})();
