// Sets the theme before the first paint, so that a person with the night theme sees no bright flash. The
// rest is in theme.js.
try {
  const chosen = localStorage.getItem("baton.theme");
  if (chosen === "day" || chosen === "night") document.documentElement.dataset.theme = chosen;
} catch {
  // Without storage, the page uses the system's theme.
}
