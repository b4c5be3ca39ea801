// A table that is wider than the screen is scrolled by the keyboard, too: the theme wraps it, and cannot be told so.
document$.subscribe(() =>
  setTimeout(() => document.querySelectorAll(".md-typeset__scrollwrap").forEach(wrap => (wrap.tabIndex = 0))),
);
