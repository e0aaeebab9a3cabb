// Runs before the first paint, so that a chosen theme does not flash; src/ui/theme.ts owns it afterwards.
{
  let chosen = null
  try {
    chosen = localStorage.getItem('spillway-theme')
  } catch {
    // Storage may be forbidden; then the system's theme holds.
  }
  const isDark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light'
}
