// Before the first paint, so that nobody who chose night is dazzled. The rest is in theme.js.
try {
  const chosen = localStorage.getItem("baton.theme");
  if (chosen === "day" || chosen === "night") document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that remembers nothing shows what the system says.
}
