/* Adding this browser as a device: the form shows where the browser takes pushes; on sending, it is asked first. */
"use strict";
(() => {
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const REFUSED = "Your browser does not let us show notifications: allow them for this page, then press again.";
  const said = (form, words) => {
    let place = form.querySelector("[data-said]");
    if (!place) {
      place = Object.assign(document.createElement("p"), { className: "wrong" });
      place.dataset.said = "";
      place.setAttribute("role", "alert");
      form.append(place);
    }
    place.textContent = words;
  };
  const subscribed = async (key) => {
    if ((await Notification.requestPermission()) !== "granted") throw new Error(REFUSED);
    await navigator.serviceWorker.register("/account/worker.js", { scope: "/account/" });
    const worker = await navigator.serviceWorker.getRegistration("/account/");
    await new Promise((done) => {
      if (worker.active) return done();
      const coming = worker.installing ?? worker.waiting;
      coming.addEventListener("statechange", () => coming.state === "activated" && done());
    });
    const before = await worker.pushManager.getSubscription();
    if (before && text(before.options.applicationServerKey) !== key) await before.unsubscribe();
    return worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  };
  for (const form of document.querySelectorAll("form[data-push]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = form.querySelector("button");
      button.disabled = true;
      try {
        const given = await subscribed(form.dataset.push);
        form.elements.endpoint.value = given.endpoint;
        form.elements.key.value = text(given.getKey("p256dh"));
        form.elements.auth.value = text(given.getKey("auth"));
        form.submit();
      } catch (error) {
        said(form, error.message === REFUSED ? REFUSED : "Your browser could not be asked: try again, or choose another way.");
      } finally {
        button.disabled = false;
      }
    });
  }
})();
