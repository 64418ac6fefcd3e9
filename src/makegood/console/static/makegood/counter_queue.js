/* What waits on this phone: reports in the order in which they were written, each sent once under its own key. */
"use strict";
self.counterQueue = (() => {
  const opened = () => new Promise((done, failed) => {
    const asked = indexedDB.open("makegood-counter", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("reports", { keyPath: "id", autoIncrement: true });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  const doing = async (mode, act) => {
    const store = await opened();
    try {
      return await new Promise((done, failed) => {
        const all = store.transaction("reports", mode, { durability: "strict" });
        const asked = act(all.objectStore("reports"));
        all.oncomplete = () => done(asked.result);
        all.onerror = all.onabort = () => failed(all.error);
      });
    } finally { store.close(); }
  };
  const all = () => doing("readonly", (reports) => reports.getAll());
  /* Short of room a browser forgets what a page keeps, but not where it was asked to hold on to it. */
  const add = async (report) => {
    await navigator.storage?.persist?.().catch(() => false);
    return doing("readwrite", (reports) => reports.add(report));
  };
  const put = (report) => doing("readwrite", (reports) => reports.put(report));
  const drop = (id) => doing("readwrite", (reports) => reports.delete(id));
  const again = (id) => navigator.locks.request("makegood-counter", async () => {
    const one = (await all()).find((report) => report.id === id);
    if (one) await put({ ...one, refused: "", tries: 0 });
  });
  /* A colleague's that nobody takes any more holds what a customer said: it goes. One's own is refused, and says so. */
  const KEPT_MS = 60 * 24 * 60 * 60 * 1000;
  const sweep = (member) => navigator.locks.request("makegood-counter", async () => {
    const old = (await all()).filter((one) => one.member !== member && one.written < Date.now() - KEPT_MS);
    for (const one of old) await drop(one.id);
    return old.length;
  });
  /* The pages show what one member saw: they go with who is signed out; their files are everybody's. */
  const forget = async () => {
    const kept = await caches.open("counter-1");
    const pages = (await kept.keys()).filter((one) => new URL(one.url).pathname.startsWith("/counter/"));
    await Promise.all(pages.map((one) => kept.delete(one, { ignoreVary: true })));
  };
  const told = (why) => { new BroadcastChannel("makegood-counter").postMessage(why); return why; };

  const post = async (report, csrf) => {
    const body = new URLSearchParams({ ...report.fields, key: report.key, written: String(report.written), sent: String(Date.now()), csrfmiddlewaretoken: csrf });
    return fetch("/counter/reports", { method: "POST", body, redirect: "manual", credentials: "same-origin" });
  };
  const TRIES = 3;
  /* These say nothing of the report: nobody is signed in, they may not, or the way there is shut. All else does. */
  const held = (answer) => answer.type === "opaqueredirect" ? "signed-out" : answer.status === 403 ? "barred"
    : [408, 429, 502, 503, 504].includes(answer.status) ? "down" : "";
  const failed = async (report, status) => {
    const tries = (report.tries ?? 0) + 1;
    await put({ ...report, tries, refused: tries < TRIES ? "" : `Makegood failed at it ${tries} times (HTTP ${status}).` });
    return tries < TRIES;
  };
  const sendAll = async () => {
    const waiting = (await all()).filter((one) => !one.refused);
    if (!waiting.length) return "";
    const asked = await fetch("/counter/now", { redirect: "manual", cache: "no-store", credentials: "same-origin" });
    if (!asked.ok) return held(asked) || "down";
    const now = await asked.json();
    let others = false;
    for (const report of waiting) {
      if (report.member !== now.member) { others = true; continue; }
      const answer = await post(report, now.csrf);
      if (answer.ok) { await drop(report.id); told("sent"); continue; }
      if (answer.status === 422) { await put({ ...report, tries: 0, refused: (await answer.json()).error }); continue; }
      if (held(answer)) return held(answer);
      if (await failed(report, answer.status)) return "failed";
    }
    return others ? "others" : "";
  };
  const send = () => navigator.locks.request("makegood-counter", async () => {
    let why = "down";
    try {
      why = await sendAll();
      if (why === "signed-out") await forget();
    } catch { /* the line is down: it all stays */ }
    return told(why);
  });
  return { all, add, again, drop, forget, send, sweep };
})();
