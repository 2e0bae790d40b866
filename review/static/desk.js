// Keys, dialogs and small conveniences of every page; nothing is sent that a form would not send.
"use strict";
(() => {
  // Scripts that a page runs later, in the order in which they are asked for.
  globalThis.loadScript = (address) => new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = address;
    script.async = false;
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  });

  // Libraries are large: the page is painted before they run.
  const later = document.currentScript.dataset.later.split(" ");
  addEventListener("load", () => requestAnimationFrame(() => setTimeout(() => {
    for (const address of later) loadScript(address).catch(() => {});
  })));

  const typing = (at) => at.closest("input, select, textarea, [contenteditable]") !== null;
  const rows = () => [...document.querySelectorAll("[data-rows] tbody tr")];
  const at = () => rows().findIndex((row) => row.classList.contains("at"));

  function move(step) {
    const all = rows();
    if (all.length === 0) return;
    const next = Math.max(0, Math.min(all.length - 1, at() + step));
    all.forEach((row, place) => row.classList.toggle("at", place === next));
    all[next].scrollIntoView({ block: "nearest" });
    const link = all[next].querySelector("a");
    if (link) link.focus({ preventScroll: true });
  }

  function follow(selector) {
    const found = document.querySelector(selector);
    if (found) found.click();
    return found !== null;
  }

  function shortcuts() {
    const dialog = document.getElementById("shortcuts");
    if (dialog && !dialog.open) dialog.showModal();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const row = rows()[at()];
    const keys = {
      j: () => move(1),
      k: () => move(-1),
      x: () => row && row.querySelector("input[type=checkbox]")?.click(),
      n: () => follow("[data-next]"),
      u: () => follow("[data-back]"),
      c: () => document.querySelector("[data-decide-field]")?.focus(),
      "/": () => document.querySelector("[data-search]")?.focus(),
      "?": shortcuts,
    };
    if (event.key === "Enter" && row && row.dataset.open && event.target === document.body) {
      location.href = row.dataset.open;
    } else if (/^[1-9]$/.test(event.key)) {
      follow(`[data-part="${event.key}"]`);
    } else if (Object.hasOwn(keys, event.key)) {
      event.preventDefault();
      keys[event.key]();
    }
  });

  // On a narrow screen the list comes before its counts.
  document.addEventListener("DOMContentLoaded", () => {
    if (!matchMedia("(max-width: 46rem)").matches) return;
    for (const menu of document.querySelectorAll("details.menu[open]")) menu.removeAttribute("open");
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-shortcuts]")) shortcuts();
  });

  document.addEventListener("submit", (event) => {
    const columns = event.target.closest("[data-columns]");
    if (columns) {
      const chosen = [...columns.querySelectorAll("input[type=checkbox]:checked")];
      columns.elements.columns.value = chosen.map((each) => each.value).join(".");
    }
  });
})();
