// Keeps the live page up to date. Without this script the page loads itself anew every three seconds.
"use strict";

const LONGEST = 300; // rows of a table
const element = (id) => document.getElementById(id);
const source = new EventSource(`/sandbox/live/events?after=${element("live").dataset.last}`);

function put(id, rows) {
  const body = element(id);
  body.insertAdjacentHTML("afterbegin", rows);
  while (body.rows.length > LONGEST) body.lastElementChild.remove();
}

source.addEventListener("message", (event) => {
  const news = JSON.parse(event.data);
  put("calls", news.calls);
  put("consents", news.consents);
  element("sessions").innerHTML = news.sessions;
  element("sessions-open").textContent = news.sessions_open;
});
source.addEventListener("open", () => { element("state").textContent = "live"; });
source.addEventListener("error", () => { element("state").textContent = "waiting for the vendor"; });
