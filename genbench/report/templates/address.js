"use strict";
// What a person has set stands in the address behind "#", as key=value&key=value, so that a link to it shows the same.
// Whatever can be set calls remember() when a person sets it, and listens to "restore", which comes first when all
// scripts have run. An anchor such as #run-NAME has no "="; it leads to its place, and what is set stays.
let kept = new URLSearchParams();
let pending = false;

// Values of a key, [] where it is not set.
const recalled = (key) => kept.getAll(key);

function remember(key, values) {
  kept.delete(key);
  for (const value of values) kept.append(key, value);
  if (pending) return; // browsers allow few changes of an address in a while
  pending = true;
  queueMicrotask(() => {
    pending = false;
    history.replaceState(null, "", `#${kept}`);
  });
}

function restore() {
  const anchor = location.hash.slice(1);
  if (anchor && !anchor.includes("=")) return dispatchEvent(new Event("anchor"));
  kept = new URLSearchParams(anchor);
  dispatchEvent(new Event("restore"));
}

addEventListener("hashchange", restore);
addEventListener("DOMContentLoaded", restore);

