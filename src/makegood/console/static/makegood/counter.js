/* The counter's page: a report goes to this phone's queue first, then from there; what waits is shown. */
"use strict";
(() => {
  const here = document.querySelector("[data-counter]");
  if (!here || !("indexedDB" in window) || !navigator.locks) return;
  const member = here.dataset.counter;
  const form = document.getElementById("counter");
  const says = document.querySelector("[data-said]");
  const WHY = {
    "": "", sent: "",
    down: "The line is down: they leave by themselves when it is back.",
    failed: "Makegood failed at the first one. It is tried three times in all; then the others go on without it.",
    barred: "Makegood does not let you report here: ask an admin. They wait until you may.",
    "signed-out": "You are signed out: sign in, and they leave.",
    others: "Some were written by somebody else on this phone: they leave when that person signs in.",
  };
  const said = (text) => { if (says) says.textContent = text; };
  const button = (label, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn plain small";
    made.textContent = label;
    made.addEventListener("click", act);
    return made;
  };
  const line = (report) => {
    const row = document.createElement("li");
    const text = document.createElement("p");
    const at = document.createElement("small");
    const mine = report.member === member;
    text.textContent = mine ? `${report.fields.who}: ${report.fields.what}` : "A colleague's report";
    at.textContent = new Date(report.written).toLocaleString();
    row.append(text, at);
    if (report.refused && mine) {
      const wrong = document.createElement("p");
      wrong.className = "wrong";
      wrong.textContent = report.refused;
      row.append(wrong);
      if (report.tries) row.append(button("Try it again", async () => { await counterQueue.again(report.id); await go(); }));
      row.append(button("Write it anew", async () => { fill(report.fields); await counterQueue.drop(report.id); await show(""); }));
    }
    return row;
  };
  const fill = (fields) => {
    for (const el of form.elements) {
      if (!el.name || !(el.name in fields)) continue;
      if (/^(radio|checkbox)$/.test(el.type)) el.checked = el.value === fields[el.name]; else el.value = fields[el.name];
    }
  };
  const show = async (why) => {
    const part = document.querySelector("[data-waits-here]");
    if (!part) return;
    const all = await counterQueue.all();
    part.hidden = !all.length;
    part.querySelector("[data-waits-why]").textContent = WHY[why] ?? "";
    part.querySelector("[data-waits-list]").replaceChildren(...all.map(line));
    part.dataset.count = String(all.length);
  };
  const later = async () => {
    const worker = await navigator.serviceWorker?.ready;
    try { await worker?.sync?.register("counter"); } catch { /* not everywhere: the line's own word must do */ }
  };
  let retry = 0;
  const go = async () => {
    clearTimeout(retry);
    const why = await counterQueue.send();
    if (why === "failed") retry = setTimeout(go, 20000);
    await show(why);
    return why;
  };
  let keeping = false;
  const report = async (event) => {
    event.preventDefault();
    if (keeping) return;
    const fields = Object.fromEntries([...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken" && name !== "customer"));
    if (!fields.who?.trim() || !fields.what?.trim() || !fields.cost) { said("Say who, what went wrong, and what it cost them."); return; }
    const key = crypto.randomUUID();
    keeping = true;
    try {
      await counterQueue.add({ key, member, written: Date.now(), fields });
      form.reset();
    } catch {
      said("This phone could not keep it: it still stands here. Make room on the phone, then report it again.");
      return;
    } finally { keeping = false; }
    said("Kept on this phone.");
    later();
    const why = await go();
    const left = (await counterQueue.all()).find((one) => one.key === key);
    said(!left ? "Reported." : left.refused ? "It was not taken: below it says why." 
      : why === "down" ? "Kept on this phone: it is sent when the line is back." : "Kept on this phone: below it says why it waits.");
  };
  if (form) form.addEventListener("submit", report);
  document.querySelector("[data-send]")?.addEventListener("click", go);
  new BroadcastChannel("makegood-counter").addEventListener("message", (event) => show(event.data));
  addEventListener("online", go);
  navigator.serviceWorker?.register("/counter/worker.js", { scope: "/counter/" });
  counterQueue.sweep(member).then((gone) => {
    if (gone) said(`Dropped from this phone: ${gone === 1 ? "a report that a colleague" : `${gone} reports that colleagues`} wrote more than 60 days ago.`);
    return go();
  });
})();
