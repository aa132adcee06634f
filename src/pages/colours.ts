/**
 * Makes a room's accent colour legible: text in it has WCAG's contrast of 4.5 on the page's card,
 * in light and dark mode.
 */

type Rgb = readonly [number, number, number]

const CONTRAST_MIN = 4.5
/** Cards of client/page/page.css. */
const LIGHT_CARD: Rgb = [255, 255, 255]
const DARK_CARD: Rgb = [25, 33, 42]
const WHITE: Rgb = [255, 255, 255]
const BLACK: Rgb = [0, 0, 0]
const STEPS = 20

/** CSS that sets the accent. Both colours are "#rrggbb"; `accentDark` defaults to `accent`. */
export function accentStyle(accent: string, accentDark = accent): string {
  const light = variables(legible(parse(accent), LIGHT_CARD, BLACK))
  const dark = variables(legible(parse(accentDark), DARK_CARD, WHITE))
  return `:root{${light}}@media(prefers-color-scheme:dark){:root{${dark}}}`
}

/** Mixes in as little of `towards` as needed. */
function legible(colour: Rgb, card: Rgb, towards: Rgb): Rgb {
  for (let step = 0; step < STEPS; step++) {
    const mixed = mix(colour, towards, step / STEPS)
    if (contrast(mixed, card) >= CONTRAST_MIN) return mixed
  }
  return towards
}

function variables(accent: Rgb): string {
  const on = contrast(accent, WHITE) >= contrast(accent, BLACK) ? WHITE : BLACK
  return `--accent:${hex(accent)};--on-accent:${hex(on)};--tint:${hex(accent)}1a`
}

function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return [0, 1, 2].map((i) => Math.round((a[i] as number) * (1 - share) + (b[i] as number) * share)) as unknown as Rgb
}

/** WCAG 2: (lighter + 0.05) / (darker + 0.05). */
export function contrast(a: Rgb, b: Rgb): number {
  const [lighter, darker] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (lighter + 0.05) / (darker + 0.05)
}

/** WCAG 2: of sRGB, linearised. */
function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** "#rrggbb". */
export function parse(colour: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as unknown as Rgb
}

function hex(colour: Rgb): string {
  return `#${colour.map((value) => value.toString(16).padStart(2, '0')).join('')}`
}
