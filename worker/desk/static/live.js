// Keeps an open page new without loading it again: told that something changed, it fetches the page and takes over the
// regions that are marked with data-live. A region in which somebody is busy is left alone until they are done.
"use strict";
(() => {
  const SOON = 300, SLOW = 60_000, ALONE = 15_000, GAP = 1_500;
  const mainOf = (page) => page.getElementById("main");
  const isMarked = document.querySelector("[data-live]") !== null;
  // A page that moves and marks nothing is one region.
  const regionsOf = (page) => (isMarked ? [...page.querySelectorAll("[data-live]")] : [mainOf(page)]);
  const nameOf = (region) => region.dataset.live ?? "main";
  const moving = () => Number(mainOf(document).dataset.moving || 0) * 1000;
  if (!isMarked && !moving()) return;

  let timer = null, at = Infinity, isFetching = false, isAlone = true, isOwed = false, events = null, notBefore = 0;

  function isBusy(region) {
    const focus = document.activeElement, selection = document.getSelection();
    const isFocused = focus && focus !== region && region.contains(focus);
    const isSelected = selection && !selection.isCollapsed && selection.containsNode(region, true);
    return isFocused || isSelected || region.querySelector("details[open], dialog[open]") !== null;
  }

  function plan(delay) {
    const now = performance.now(), then = Math.max(now + delay, notBefore);
    if (then >= at) return;
    clearTimeout(timer);
    at = then;
    timer = setTimeout(renew, then - now);
  }

  // While nobody tells of it, what moves is looked at as often as without scripts.
  function pause() {
    if (isAlone) return moving() || ALONE;
    return moving() ? ALONE : SLOW;
  }

  async function renew() {
    timer = null;
    at = Infinity;
    if (isFetching) return plan(SOON);
    isFetching = true;
    const begun = performance.now();
    try {
      // A page that leads elsewhere is loaded as a whole: what is said there once shall not be lost here.
      const reply = await fetch(location.href, { cache: "no-store", redirect: "manual" });
      if (reply.type === "opaqueredirect") return leave();
      const page = new DOMParser().parseFromString(await reply.text(), "text/html");
      const onward = page.getElementById("continue");
      if (onward) return location.replace(onward.href);
      if (reply.ok) take(page);
    } catch {
      // The desk is away, or the page is being left.
    } finally {
      isFetching = false;
      // Where much changes, or the desk is slow to answer, it is asked less often.
      notBefore = performance.now() + Math.max(GAP, 10 * (performance.now() - begun));
    }
    plan(pause());
  }

  function leave() {
    if (!isBusy(mainOf(document))) return location.reload();
    isOwed = true;
    plan(pause());
  }

  function take(page) {
    const fresh = new Map(regionsOf(page).map((region) => [nameOf(region), region]));
    // It is another page by now, such as the door after a session.
    if (fresh.size === 0) return leave();
    const top = window.scrollY, moved = mainOf(page).dataset.moving ?? "";
    isOwed = false;
    for (const region of regionsOf(document)) {
      const next = fresh.get(nameOf(region));
      if (!next) continue;
      // What the page says once, it said when it was loaded.
      if (!isMarked) next.prepend(...region.querySelectorAll(":scope > .notice"));
      if (next.outerHTML === region.outerHTML) continue;
      if (isBusy(region)) isOwed = true;
      else region.replaceWith(document.adoptNode(next));
    }
    window.scrollTo({ top, behavior: "instant" });
    document.title = page.title;
    const [icon, nextIcon] = [document, page].map((each) => each.querySelector("link[rel=icon]"));
    if (nextIcon && icon.getAttribute("href") !== nextIcon.getAttribute("href")) icon.replaceWith(nextIcon);
    mainOf(document).dataset.moving = moved;
  }

  function listen() {
    events = new EventSource("/events");
    events.onopen = () => { isAlone = false; plan(SOON); };
    events.addEventListener("change", () => plan(SOON));
    events.addEventListener("end", () => { events.close(); isAlone = true; plan(SOON); });
    events.onerror = () => { isAlone = true; plan(pause()); };
  }

  // What was left alone is taken over as soon as nobody is busy in it any more.
  for (const done of ["focusout", "toggle", "selectionchange"]) {
    document.addEventListener(done, () => { if (isOwed) plan(SOON); }, true);
  }
  // A page that comes back from the browser's memory may be old, and its stream is gone.
  window.addEventListener("pagehide", () => events?.close());
  window.addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  listen();
  plan(pause());
})();
