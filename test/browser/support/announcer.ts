/** The announcements of a screen reader, read from Chromium's accessibility tree. */
import type { CDPSession, Page } from 'playwright-core'

type Node = Awaited<ReturnType<typeof treeOf>>[number]

export class Announcer {
  private readonly session: CDPSession

  private constructor(session: CDPSession) {
    this.session = session
  }

  static async of(page: Page): Promise<Announcer> {
    return new Announcer(await page.context().newCDPSession(page))
  }

  /** The text of the region with this role. */
  async textOf(role: string): Promise<string> {
    const nodes = await treeOf(this.session)
    const root = nodes.find((node) => node.role?.value === role)
    return root === undefined ? '' : textBelow(root, new Map(nodes.map((node) => [node.nodeId, node])))
  }

  /** Role and politeness of each region whose changes are announced. */
  async liveRegions(): Promise<string[]> {
    const nodes = await treeOf(this.session)
    const roots = nodes.flatMap((node) => {
      const live = node.properties?.find(({ name }) => name === 'live')?.value.value
      return live === undefined || live === 'off' ? [] : [`${node.role?.value}: ${live}`]
    })
    return [...new Set(roots)]
  }
}

async function treeOf(session: CDPSession) {
  const { nodes } = await session.send('Accessibility.getFullAXTree')
  return nodes
}

function textBelow(node: Node, nodes: ReadonlyMap<string, Node>): string {
  if (node.role?.value === 'StaticText') return String(node.name?.value ?? '')
  return (node.childIds ?? [])
    .map((id) => nodes.get(id))
    .reduce((text, child) => text + (child ? textBelow(child, nodes) : ''), '')
}
