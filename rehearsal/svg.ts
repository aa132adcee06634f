/** Charts of a rehearsal as SVG: lines or dots over linear axes from 0. */

export interface Series {
  readonly label: string
  readonly kind: 'line' | 'dots'
  readonly points: readonly (readonly [x: number, y: number])[]
}

const [WIDTH, HEIGHT] = [760, 320]
const PLOT = { left: 60, right: 600, top: 44, bottom: 270 }
const COLOURS = ['#c2570c', '#1d6296', '#526070']
const TICKS = 5

export function chart(title: string, xLabel: string, yLabel: string, series: readonly Series[]): string {
  const points = series.flatMap((each) => each.points)
  const xMax = roundUp(Math.max(1, ...points.map(([x]) => x)))
  const yMax = roundUp(Math.max(1, ...points.map(([, y]) => y)))
  const x = (value: number) => (PLOT.left + (value / xMax) * (PLOT.right - PLOT.left)).toFixed(1)
  const y = (value: number) => (PLOT.bottom - (value / yMax) * (PLOT.bottom - PLOT.top)).toFixed(1)
  const ticks = Array.from({ length: TICKS + 1 }, (_, i) => i / TICKS)
  const grid = ticks.flatMap((share) => [
    `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(share * yMax)}" y2="${y(share * yMax)}" stroke="#e6eaef"/>`,
    `<text x="${PLOT.left - 8}" y="${y(share * yMax)}" dy="4" text-anchor="end">${label(share * yMax)}</text>`,
    `<text x="${x(share * xMax)}" y="${PLOT.bottom + 18}" text-anchor="middle">${label(share * xMax)}</text>`,
  ])
  const drawn = series.map(({ kind, points: own }, i) => {
    const colour = COLOURS[i % COLOURS.length]
    if (kind === 'dots') {
      return own
        .map(([px, py]) => `<circle cx="${x(px)}" cy="${y(py)}" r="2.5" fill="${colour}" fill-opacity=".6"/>`)
        .join('')
    }
    const path = own.map(([px, py]) => `${x(px)},${y(py)}`).join(' ')
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`
  })
  const legend = series.map(({ label: name }, i) => {
    const at = PLOT.top + 14 + i * 22
    return `<rect x="616" y="${at - 9}" width="12" height="10" fill="${COLOURS[i % COLOURS.length]}"/><text x="634" y="${at}">${name}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#18222e" role="img" aria-label="${title}">
<title>${title}</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${PLOT.left}" y="24" font-size="15" font-weight="600">${title}</text>
${[...grid, ...drawn, ...legend].join('\n')}
<text x="${(PLOT.left + PLOT.right) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${xLabel}</text>
<text x="${PLOT.left}" y="38" fill="#526070">${yLabel}</text>
</svg>
`
}

/** A round number that is not below the value. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 5, 10].find((step) => step * power >= value) as number) * power
}

function label(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en')
}
