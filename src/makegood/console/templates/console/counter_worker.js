{% load static %}/* The counter's own worker: its pages open while the line is down, and what waits leaves when it is back. */
"use strict";
importScripts("{% static 'makegood/counter_queue.js' %}");
const KEPT = "counter-1";
const PAGES = ["{% url 'counter' %}", "{% url 'counter-give' %}"];
const FILES = ["makegood/makegood.css", "makegood/console.js", "makegood/counter.js", "makegood/counter_queue.js", "makegood/mark.svg", "makegood/counter.json", "django_htmx/htmx-2.min.js"].map((one) => "{% static '' %}" + one);
const keep = async (request) => {
  const answer = await fetch(request);
  const shut = answer.redirected || answer.type === "opaqueredirect" || answer.status === 403;
  if (shut && PAGES.includes(new URL(request.url).pathname)) await counterQueue.forget();
  if (answer.ok && !answer.redirected) (await caches.open(KEPT)).put(request.url.split(/[?#]/)[0], answer.clone());
  return answer;
};
self.addEventListener("install", (event) => event.waitUntil((async () => {
  await Promise.all([...PAGES, ...FILES].map((one) => keep(new Request(one, { credentials: "same-origin" })).catch(() => {})));
  await self.skipWaiting();
})()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const path = new URL(event.request.url).pathname;
  if (event.request.method !== "GET" || !(PAGES.includes(path) || path.startsWith("{% static '' %}"))) return;
  event.respondWith(keep(event.request).catch(async () => (await caches.match(path)) ?? Response.error()));
});
self.addEventListener("sync", (event) => { if (event.tag === "counter") event.waitUntil(counterQueue.send().then((why) => { if (why === "down" || why === "failed") throw new Error(why); })); });
