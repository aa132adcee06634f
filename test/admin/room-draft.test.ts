import { describe, expect, it } from 'vitest'
import { documentText, readDocument, routeKey, routeRows, withRoutes, withValue } from '../../admin/room-draft.ts'

describe('the document of a room in the form', () => {
  it('is read from its text, with the reason if that is not possible', () => {
    const document = { host: 'shop.test', total_active_users: 5 }
    expect(readDocument(documentText(document))).toEqual({ ok: true, document })
    expect(readDocument('[]')).toMatchObject({ ok: false, problem: expect.stringContaining('JSON object') })
    expect(readDocument('{')).toMatchObject({ ok: false, problem: expect.stringContaining('not valid JSON') })
  })

  it('keeps the order of its keys when a field changes one', () => {
    const document = { host: 'a', total_active_users: 1, bypass: [] }
    expect(JSON.stringify(withValue(document, 'total_active_users', 2))).toBe(
      '{"host":"a","total_active_users":2,"bypass":[]}',
    )
    expect(withValue(document, 'total_active_users', undefined)).toEqual({ host: 'a', bypass: [] })
    expect(withValue(document, 'new_users_per_minute', 3)).toEqual({ ...document, new_users_per_minute: 3 })
  })
})

describe('the routes of a room in the form', () => {
  it('stay host and path while there is only one', () => {
    const document = { host: 'a.test', path: '/x', total_active_users: 1 }
    const [row] = routeRows(document)
    expect(row).toEqual({ host: 'a.test', path: '/x' })
    expect(withRoutes(document, [{ host: 'b.test', path: '' }])).toEqual({ host: 'b.test', total_active_users: 1 })
    expect(routeKey(document, 0, 'path')).toBe('path')
  })

  it('become a list once there is a second one, and lose no additional host', () => {
    const document = { host: 'a.test', additional_hosts: ['b.test'], path: '/x', total_active_users: 1 }
    const rows = [...routeRows(document), { host: '', path: '/y' }]
    const changed = withRoutes(document, rows)
    expect(changed).toEqual({
      routes: [{ host: 'a.test', path: '/x' }, { host: 'b.test', path: '/x' }, { path: '/y' }],
      total_active_users: 1,
    })
    expect(routeRows(changed)).toEqual(rows)
    expect(routeKey(changed, 2, 'path')).toBe('routes.2.path')
    expect(withRoutes(changed, rows.slice(0, 1))).toMatchObject({ routes: [{ host: 'a.test', path: '/x' }] })
  })

  it('are read from a text with any values', () => {
    expect(routeRows({ routes: 'all' })).toEqual([])
    expect(routeRows({ routes: [null, { host: 5 }] })).toEqual([
      { host: '', path: '' },
      { host: '5', path: '' },
    ])
  })
})
