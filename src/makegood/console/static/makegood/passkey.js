/* Forms that take a passkey: shown where the browser knows them; on sending, the device is asked first. */
"use strict";
(() => {
  if (!window.PublicKeyCredential) return;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (all) => (all ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

  const asked = async (form) => {
    const answer = await fetch(form.dataset.passkey, { method: "POST", body: new URLSearchParams({ csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value }) });
    if (!answer.ok) throw new Error(answer.status === 429 ? "Too many tries: wait a little." : "That did not work: reload this page.");
    const { create, get } = await answer.json();
    return create
      ? navigator.credentials.create({ publicKey: { ...create, challenge: bytes(create.challenge), user: { ...create.user, id: bytes(create.user.id) }, excludeCredentials: named(create.excludeCredentials) } })
      : navigator.credentials.get({ publicKey: { ...get, challenge: bytes(get.challenge), allowCredentials: named(get.allowCredentials) } });
  };

  const told = ({ rawId, type, response }) => {
    const parts = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[name]) parts[name] = text(response[name]);
    }
    return JSON.stringify({ id: text(rawId), rawId: text(rawId), type, response: parts });
  };

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

  const WHY = {
    InvalidStateError: "This device has a passkey of yours already.",
    NotAllowedError: "The device gave no passkey: try again, or go on without one.",
  };
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = form.querySelector("button");
      button.disabled = true;
      try {
        const given = await asked(form);
        form.querySelector("input[name=answer]")?.remove();
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "answer", value: told(given) }));
        form.submit();
      } catch (error) {
        said(form, WHY[error.name] ?? (error.name === "Error" ? error.message : "That did not work: go on without a passkey."));
      } finally {
        button.disabled = false;
      }
    });
  }
})();
