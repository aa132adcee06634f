/**
 * Parses the parts of the Prometheus text format (version 0.0.4) that the Worker may use. Throws on
 * anything else.
 */

export interface Family {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly samples: Map<string, number>
}

/** Families by name. Samples by their name and labels, for instance `up{room="shop"}`. */
export function parseMetrics(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('The last line does not end')
  const families = new Map<string, Family>()
  let family: Family | null = null
  const lines = text.slice(0, -1).split('\n')
  for (const [i, line] of lines.entries()) {
    const [, name = '', help = ''] = /^# HELP (\S+) (.+)$/.exec(line) ?? []
    if (name !== '') {
      const [, typed, type = ''] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(lines[i + 1] ?? '') ?? []
      if (typed !== name || families.has(name)) throw new Error(`Not one HELP and one TYPE: ${line}`)
      family = { name, help, type, samples: new Map() }
      families.set(name, family)
    } else if (!line.startsWith('# TYPE ')) {
      const [, sample = '', own = '', value] = /^(([a-z_]+)\{[^}]*\}) (\S+)$/.exec(line) ?? []
      if (family === null || !belongs(own, family)) throw new Error(`Not of the family above it: ${line}`)
      if (family.samples.has(sample) || Number.isNaN(Number(value))) throw new Error(`No good sample: ${line}`)
      family.samples.set(sample, Number(value))
    }
  }
  return families
}

function belongs(name: string, family: Family): boolean {
  const endings = family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
  return endings.some((ending) => name === family.name + ending)
}
