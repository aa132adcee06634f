/** The built files of the operators' page. */

/** Their media types. */
export const ADMIN_FILE_TYPES = {
  'start.min.js': 'text/javascript; charset=utf-8',
  'admin.min.js': 'text/javascript; charset=utf-8',
  'admin.min.css': 'text/css; charset=utf-8',
} as const

export type AdminFileName = keyof typeof ADMIN_FILE_TYPES

export const ADMIN_FILES = Object.keys(ADMIN_FILE_TYPES) as AdminFileName[]

/** The text of each file. */
export type AdminFiles = Readonly<Record<AdminFileName, string>>
