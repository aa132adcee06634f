/** A plot of a few series, both axes logarithmic, as SVG. */

export interface Series {
  readonly label: string
  /** All values are above 0. */
  readonly points: readonly (readonly [x: number, y: number])[]
}

const WIDTH = 760
const HEIGHT = 420
const PLOT = { left: 70, right: 520, top: 50, bottom: 370 }
const COLOURS = ['#1d6296', '#a32a22', '#2f7d4f', '#8a5a00', '#6b3fa0', '#526070']

export function plot(title: string, xLabel: string, series: readonly Series[]): string {
  const points = series.flatMap((each) => each.points)
  const xs = axis(points.map(([x]) => x))
  const ys = axis(points.map(([, y]) => y))
  const x = (value: number) =>
    PLOT.left + ((Math.log10(value) - xs.from) / (xs.to - xs.from)) * (PLOT.right - PLOT.left)
  const y = (value: number) =>
    PLOT.bottom - ((Math.log10(value) - ys.from) / (ys.to - ys.from)) * (PLOT.bottom - PLOT.top)
  const xTicks = ticks(xs).map((power) =>
    tick(x(10 ** power), PLOT.bottom + 20, 'middle', 10 ** power, x(10 ** power), true),
  )
  const yTicks = ticks(ys).map((power) =>
    tick(PLOT.left - 8, y(10 ** power) + 4, 'end', 10 ** power, y(10 ** power), false),
  )
  const lines = series.map(({ label, points: own }, i) => {
    const colour = COLOURS[i % COLOURS.length]
    const path = own.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join(' ')
    const dots = own.map(
      ([px, py]) => `<circle cx="${x(px).toFixed(1)}" cy="${y(py).toFixed(1)}" r="3.5" fill="${colour}"/>`,
    )
    const legendY = PLOT.top + 20 + i * 26
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}
<line x1="545" x2="570" y1="${legendY - 4}" y2="${legendY - 4}" stroke="${colour}" stroke-width="3"/>
<text x="578" y="${legendY}">${label}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="13" fill="#18222e" role="img" aria-label="${title}">
<title>${title}</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${PLOT.left}" y="28" font-size="16" font-weight="600">${title}</text>
${[...xTicks, ...yTicks].join('\n')}
${lines.join('\n')}
<text x="${(PLOT.left + PLOT.right) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${xLabel}</text>
</svg>
`
}

interface Axis {
  readonly from: number
  readonly to: number
}

/** Whole powers of ten around all values. */
function axis(values: readonly number[]): Axis {
  return { from: Math.floor(Math.log10(Math.min(...values))), to: Math.ceil(Math.log10(Math.max(...values))) }
}

function ticks({ from, to }: Axis): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

function tick(x: number, y: number, anchor: string, value: number, at: number, isVertical: boolean): string {
  const [x1, x2, y1, y2] = isVertical ? [at, at, PLOT.top, PLOT.bottom] : [PLOT.left, PLOT.right, at, at]
  const line = `<line x1="${x1.toFixed(1)}" x2="${x2.toFixed(1)}" y1="${y1.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="#d9dfe6"/>`
  const label = value >= 1 ? value.toLocaleString('en') : String(Number(value.toPrecision(1)))
  return `${line}<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${label}</text>`
}
