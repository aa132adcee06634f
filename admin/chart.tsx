/** A chart over time. The latest values are also in its accessible name. */
import { useEffect, useRef } from 'hono/jsx/dom'
import uPlot from 'uplot'
import { useCleanEffect, useColorScheme } from './hooks.ts'

export interface Line {
  readonly label: string
  /** The name of a CSS custom property. */
  readonly color: string
  readonly dashed?: boolean
  readonly filled?: boolean
  /** One per time; null: a gap. */
  readonly values: readonly (number | null)[]
}

interface Props {
  readonly title: string
  /** Seconds since 1970. */
  readonly times: readonly number[]
  readonly range: readonly [number, number]
  readonly lines: readonly Line[]
  readonly format: (value: number) => string
  /** Above the red limit. */
  readonly isBad?: boolean
  /** Times of vertical lines, seconds since 1970. Their meaning must be in a text, too. */
  readonly marks?: readonly number[]
}

/** The parts that change without a new plot. */
interface Latest {
  readonly range: readonly [number, number]
  readonly marks: readonly number[]
}

const HEIGHT = 190

export function Chart({ title, times, range, lines, format, isBad = false, marks = [] }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const scheme = useColorScheme()
  const latest = useRef<Latest>({ range, marks })
  latest.current = { range, marks }
  const shape = `${title} ${lines.map(({ label }) => label).join()} ${scheme}`
  useCleanEffect(() => {
    const element = box.current
    if (element === null) return undefined
    const drawn = new uPlot(options(element, lines, latest as { current: Latest }, format), [[]], element)
    plot.current = drawn
    const observer = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      drawn.destroy()
      plot.current = null
    }
  }, [shape])
  useEffect(() => {
    plot.current?.setData([[...times], ...lines.map(({ values }) => [...values])] as uPlot.AlignedData)
  })
  const latestText = lines.map(({ label, values }) => `${label} ${lastOf(values, format)}`).join(', ')
  return (
    <figure class={isBad ? 'chart card bad' : 'chart card'}>
      <figcaption>
        <h3>{title}</h3>
        <ul class="legend" aria-hidden="true">
          {lines.map(({ label, color, dashed, values }) => (
            <li key={label}>
              <span class={`swatch ${color.slice(2)}${dashed ? ' dashed' : ''}`} />
              {label} <b>{lastOf(values, format)}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={box} class="plot" role="img" aria-label={`${title}: ${latestText}`} />
    </figure>
  )
}

function lastOf(values: readonly (number | null)[], format: (value: number) => string): string {
  const last = values.findLast((value) => value !== null)
  return last === undefined || last === null ? '–' : format(last)
}

function timeText(seconds: number, [from, to]: readonly [number, number]): string {
  const isLong = to - from > 2 * 86_400
  const parts = isLong
    ? ({ day: 'numeric', month: 'short' } as const)
    : ({ hour: '2-digit', minute: '2-digit' } as const)
  return new Date(seconds * 1000).toLocaleString([], parts)
}

function options(
  element: HTMLElement,
  lines: readonly Line[],
  latest: { current: Latest },
  format: (value: number) => string,
): uPlot.Options {
  const style = getComputedStyle(element)
  const color = (name: string) => style.getPropertyValue(name).trim()
  const axis = {
    stroke: color('--muted'),
    grid: { stroke: color('--grid'), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  }
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    hooks: { draw: [(plot) => drawMarks(plot, latest.current.marks, color('--mark'))] },
    scales: {
      x: { time: true, range: () => [...latest.current.range] as [number, number] },
      y: { range: (_, __, max) => [0, Math.max(1, (max ?? 1) * 1.1)] },
    },
    axes: [
      { ...axis, size: 28, space: 70, values: (_, ticks) => ticks.map((tick) => timeText(tick, latest.current.range)) },
      { ...axis, size: 52, space: 40, values: (_, ticks) => ticks.map((tick) => format(tick)) },
    ],
    series: [
      {},
      ...lines.map(({ label, color: name, dashed, filled }) => ({
        label,
        stroke: color(name),
        width: 2,
        spanGaps: false,
        points: { show: false },
        ...(dashed ? { dash: [4, 4] } : {}),
        ...(filled ? { fill: `${color(name)}22` } : {}),
      })),
    ],
  }
}

function drawMarks({ ctx, bbox, valToPos }: uPlot, marks: readonly number[], color: string): void {
  if (marks.length === 0) return
  ctx.save()
  ctx.strokeStyle = color
  ctx.lineWidth = devicePixelRatio
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio])
  for (const mark of marks) {
    const x = Math.round(valToPos(mark, 'x', true))
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
  }
  ctx.restore()
}
