/**
 * Import this before any library. The language of the browser may be none: `C` where the system has
 * no locale. `Intl` throws for such a tag, and uPlot passes it on while it is imported. Dates and
 * numbers then get the default format.
 */
try {
  Intl.getCanonicalLocales(navigator.language)
} catch {
  const value = new Intl.NumberFormat().resolvedOptions().locale
  Object.defineProperty(navigator, 'language', { value, configurable: true })
}
