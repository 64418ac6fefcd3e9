/* Small comforts on top of pages that work without them: keys, drafts kept on this device, live lists. */
"use strict";
(() => {
  const typing = (el) => el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));
  const links = () => [...document.querySelectorAll("[data-rows] tbody th a, [data-rows] li > a")];

  const move = (step) => {
    const all = links();
    if (!all.length) return;
    const here = all.indexOf(document.activeElement);
    const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + step));
    all[next].focus();
  };

  const first = (...found) => {
    const one = found.flatMap((selector) => [...document.querySelectorAll(selector)]).find((el) => el.checkVisibility());
    if (one) { one.focus(); one.scrollIntoView({ block: "nearest" }); }
  };

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    v: () => { const views = [...document.querySelectorAll("[data-views] a")]; const here = views.indexOf(document.activeElement); views[(here + 1) % views.length]?.focus(); },
    x: () => { const box = document.activeElement?.closest?.("tr")?.querySelector(".pick input"); if (box) box.checked = !box.checked; },
    t: () => document.querySelector(".brand")?.click(),
    r: () => document.querySelector("a.report")?.click(),
    n: () => first("#next button[form=say].go", "#next form.form :is(input:not([type=hidden]), textarea, select)", "#next form.one .go", "#next .btn"),
    w: () => first("#say textarea"),
    g: () => first("#give .go", "#give button", "#give summary"),
    c: () => first("#cause select", "#cause summary"),
    e: () => first("#close form.one button", "#close a", "#close summary"),
    "/": () => {
      const find = [...document.querySelectorAll("main input[type=search], [data-find]")].find((el) => el.offsetParent);
      if (find) { find.focus(); find.select(); }
    },
    "?": () => { const help = document.getElementById("keys"); if (help && !help.open) help.showModal(); },
  };
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.form) {
      event.preventDefault();
      event.target.form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const act = keys[event.key];
    if (act) { event.preventDefault(); act(); }
  });

  const store = {
    get: (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    set: (key, value) => { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* a full or closed store keeps nothing */ } },
    keys: () => { try { return Object.keys(localStorage).filter((key) => key.startsWith("makegood:")); } catch { return []; } },
    drop: (key) => { try { localStorage.removeItem(key); } catch { /* nothing was kept */ } },
  };
  const KEPT_MS = 24 * 60 * 60 * 1000;
  const member = document.body.dataset.member ?? "";
  const kept = (form) => `${PREFIX}${member}:${form.getAttribute("action")}:${form.dataset.keep}`;
  const fields = (form) => [...form.elements].filter((el) => el.name && el.name !== "csrfmiddlewaretoken" && !/^(hidden|password|file|submit)$/.test(el.type));

  const PREFIX = "makegood:";
  const keep = (form, sent = false) => store.set(kept(form), {
    at: Date.now(),
    path: location.pathname,
    sent,
    was: form.dataset.was,
    values: fields(form).map((el) => [el.name, el.value, el.checked === true]),
  });
  const refused = (form) => "refused" in form.dataset;
  const bringBack = (form) => {
    const found = store.get(kept(form));
    form.dataset.was = fields(form).map((el) => el.defaultValue ?? "").join("\u0000");
    if (!found) return;
    if (refused(form)) {
      form.dataset.was = found.was;
      store.set(kept(form), { ...found, sent: false });
      return;
    }
    if (found.was !== form.dataset.was) { store.drop(kept(form)); return; }
    const all = fields(form);
    for (const [name, value, checked] of found.values) {
      const one = all.find((el) => el.name === name && (!/^(radio|checkbox)$/.test(el.type) || el.value === value));
      if (!one) continue;
      if (/^(radio|checkbox)$/.test(one.type)) one.checked = checked; else one.value = value;
    }
  };
  const sweep = (goes) => {
    for (const key of store.keys()) {
      const found = store.get(key);
      if (!found || goes(found, key)) store.drop(key);
    }
  };
  const online = () => {
    for (const el of document.querySelectorAll("[data-offline]")) el.hidden = navigator.onLine;
  };
  const LAST = "last-member";
  const forgetTheOther = () => {
    if (!member) return;
    if (store.get(LAST) !== member) window.caches?.delete("counter-1");
    store.set(LAST, member);
  };
  const start = () => {
    forgetTheOther();
    const here = [...document.querySelectorAll("form[data-keep]")];
    const open = here.map(kept), again = here.filter(refused).map(kept);
    const taken = (found, key) => found.sent && !again.includes(key) && (found.path !== location.pathname || !open.includes(key));
    sweep((found, key) => Date.now() - found.at > KEPT_MS || taken(found, key));
    document.addEventListener("submit", (event) => { if (event.target.querySelector(".sign-out")) { sweep(() => true); window.caches?.delete("counter-1"); } });
    for (const form of here) {
      bringBack(form);
      form.addEventListener("input", () => keep(form));
      form.addEventListener("submit", (event) => {
        if (!navigator.onLine) { event.preventDefault(); keep(form); online(); return; }
        keep(form, true);
      });
    }
    const asked = document.querySelector("[data-focus]");
    if (asked) asked.focus();
    else if (document.querySelector("main > .notices > *")) document.getElementById("main").focus({ preventScroll: true });
    else if (matchMedia("(pointer: fine)").matches) document.querySelector(".thumb form.form :is(input:not([type=hidden]), textarea)")?.focus();
    const zone = document.querySelector("select[name=zone][required]");
    if (zone && !zone.value) zone.value = [...zone.options].find((one) => one.value === Intl.DateTimeFormat().resolvedOptions().timeZone)?.value ?? "";
    for (const el of document.querySelectorAll("[data-print]")) el.hidden = false;
    online();
    livePause();
  };
  document.addEventListener("click", (event) => { if (event.target.closest?.("[data-print]")) print(); });
  document.addEventListener("submit", (event) => {
    const pressed = event.submitter;
    if (!pressed?.dataset.waits) return;
    if (pressed.getAttribute("aria-disabled")) { event.preventDefault(); return; }
    pressed.setAttribute("aria-disabled", "true");
    pressed.textContent = pressed.dataset.waits;
  });
  addEventListener("pageshow", (event) => { if (event.persisted && document.querySelector("[data-waits][aria-disabled]")) location.reload(); });
  addEventListener("online", online);
  addEventListener("offline", online);

  let paused = false;
  const says = (text) => { const el = document.querySelector("[data-live-says]"); if (el && el.textContent !== text) el.textContent = text; };
  const livePause = () => {
    const button = document.querySelector("[data-live-pause]");
    if (!button) return;
    button.hidden = false;
    says("This page updates by itself.");
    button.addEventListener("click", () => {
      paused = !paused;
      button.textContent = paused ? "Update again" : "Stop updating";
      says(paused ? "Updating has stopped." : "This page updates by itself.");
    });
  };
  document.addEventListener("htmx:beforeRequest", (event) => {
    const live = event.target.closest?.("[data-live]");
    if (!live || event.target !== live) return;
    const busy = live.contains(document.activeElement) && typing(document.activeElement);
    const reading = live.querySelector("details[open]:not([data-shown])");
    if (paused || document.hidden || busy || reading) event.preventDefault();
  });
  const folded = new Set();
  const titled = (el) => el.querySelector("summary")?.textContent;
  document.addEventListener("toggle", (event) => {
    if (!event.target.matches?.("details[data-shown]")) return;
    if (event.target.open) folded.delete(titled(event.target)); else folded.add(titled(event.target));
  }, true);
  document.addEventListener("htmx:afterSwap", () => {
    for (const el of document.querySelectorAll("[data-live] details[data-shown]")) if (folded.has(titled(el))) el.open = false;
  });
  const doing = document.getElementById("doing");
  let resting = 0;
  if (doing) document.addEventListener("input", (event) => {
    const form = event.target.closest("main form");
    if (!form) return;
    const draft = form.id === "say" && form.querySelector("[name=draft]");
    doing.value = draft ? `say:${draft.value}` : "typing";
    clearTimeout(resting);
    resting = setTimeout(() => { doing.value = ""; }, 15000);
  });
  const touched = (part) => part.contains(document.activeElement) && typing(document.activeElement)
    || [...part.querySelectorAll("input:not([type=hidden]),textarea,select")].some((el) => el.tagName === "SELECT"
      ? [...el.options].some((one) => one.selected !== one.defaultSelected) && el.selectedIndex > 0
      : /^(radio|checkbox)$/.test(el.type) ? el.checked !== el.defaultChecked : el.value !== el.defaultValue);
  const show = async (link) => {
    const answer = await fetch(link.href, { headers: { "X-Show": "1" } });
    if (!answer.ok || answer.redirected) { location.href = link.href; return; }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    let left = 0;
    for (const part of document.querySelectorAll("#others, #case-head, .seam-block, main section.card[id], main article.card[id]")) {
      const other = part.id ? fresh.getElementById(part.id) : fresh.querySelector(".seam-block");
      if (touched(part)) { left += 1; continue; }
      if (!other) { if (part.id !== "others") part.remove(); continue; }
      const now = document.importNode(other, true);
      part.replaceWith(now);
      window.htmx?.process(now);
    }
    const told = document.getElementById("others");
    if (told && left) told.insertAdjacentHTML("afterbegin", "<p class=\"dim\">What you are typing stands as you left it; the rest is up to date.</p>");
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-show]");
    if (link && !event.ctrlKey && !event.metaKey) { event.preventDefault(); show(link); }
  });
  document.addEventListener("htmx:sendError", () => says("The line is down; this page shows what it last heard."));
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful && !paused) says("This page updates by itself."); });

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
