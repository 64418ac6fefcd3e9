{% load static %}/* Shows what a member is told on this device; pressing it opens the page on which the next thing is done. */
"use strict";
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => {
  let told = { title: "Makegood", body: "Something needs you: have a look at your notices.", action: "Have a look", url: "{% url 'notices' %}", tag: "makegood" };
  try { told = { ...told, ...event.data.json() }; } catch { /* Whatever it is, the browser wants something shown. */ }
  event.waitUntil(self.registration.showNotification(told.title, {
    body: told.body,
    tag: told.tag,
    icon: "{% static 'makegood/mark.svg' %}",
    data: { url: told.url },
    actions: [{ action: "go", title: told.action }],
  }));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const there = new URL(event.notification.data?.url ?? "/", self.location.origin);
  event.waitUntil(self.clients.openWindow(self.location.origin + there.pathname + there.search + there.hash));
});
