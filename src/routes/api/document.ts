/** The OpenAPI 3.1 document of the API, generated from its operations. */
import { toJsonSchema } from '@valibot/to-json-schema'
import type * as v from 'valibot'
import { version } from '../../../package.json'
import { OPERATOR_COOKIE } from '../../http/paths.ts'
import { CSRF_HEADER } from '../../operators/caller.ts'
import type { Answer, Operation } from './operation.ts'
import { problemSchema } from './schema-parts.ts'

type Json = Record<string, unknown>

const TAGS: Readonly<Record<Operation['tag'], string>> = {
  rooms: 'The rooms of this deployment.',
  figures: 'Current and past figures of a room.',
  settings: 'Settings that can be changed while a room runs.',
  actions: 'Actions on a room, and the audit of all changes.',
  events: 'Times with other settings, a lobby and a draw.',
  keys: 'Access keys of people who were promised a place.',
  alerts: 'Alert rules, channels and deliveries.',
  session: 'Login with a browser.',
}

/** Refusals that every authenticated operation has. */
const COMMON: Readonly<Record<number, string>> = {
  401: 'No valid token or session.',
  403: 'The API is off, the token is read-only, or a browser’s call does not come from the operators’ page.',
  429: 'Too many failed logins from this address.',
  500: 'The API is off: the binding LOGIN_GUARD is missing.',
}
const OF_A_ROOM: Readonly<Record<number, string>> = { 404: 'No such room.', 503: 'The room cannot be reached.' }

/** The document without `servers`, which depend on the host of the request. */
export function openApiDocument(operations: readonly Operation[]): Json {
  const paths: Record<string, Json> = {}
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: described(operation) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Edge waiting room: operators’ API',
      version,
      description:
        'Monitor and control the rooms of a waiting room. Errors are problem details (RFC 9457) that say what to do.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token of `ADMIN_TOKEN`.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: `__Host-${OPERATOR_COOKIE}`,
          description: `A browser that has logged in. Changes also need the header \`${CSRF_HEADER}\`.`,
        },
      },
      schemas: { Problem: jsonSchema(problemSchema) },
    },
  }
}

function described({ id, tag, summary, description, needs, parameters = {}, body, answers, ...rest }: Operation): Json {
  const common = needs === 'nobody' ? {} : COMMON
  const refusals = { ...common, ...(rest.path.includes('{room}') ? OF_A_ROOM : {}), ...rest.refusals }
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(needs === 'nobody' ? { security: [] } : {}),
    parameters: Object.entries(parameters).map(([name, parameter]) => ({
      name,
      in: parameter.in,
      required: parameter.required ?? false,
      description: parameter.description,
      schema: jsonSchema(parameter.schema),
      ...(parameter.example === undefined ? {} : { example: parameter.example }),
    })),
    ...(body === undefined ? {} : { requestBody: requestBody(body) }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, response(answer)])),
      ...Object.fromEntries(Object.entries(refusals).map(([status, text]) => [status, refusalResponse(text)])),
    },
  }
}

function requestBody({ schema, required, example }: NonNullable<Operation['body']>): Json {
  const json = { schema: jsonSchema(schema), ...(example === undefined ? {} : { example }) }
  return { required, content: { 'application/json': json } }
}

function response({ description, schema, types = ['application/json'], headers = {} }: Answer): Json {
  const content = types.map((type) => {
    const isJson = type.endsWith('json')
    return [type, { schema: isJson && schema !== undefined ? jsonSchema(schema) : { type: 'string' } }]
  })
  return {
    description,
    ...(schema === undefined ? {} : { content: Object.fromEntries(content) }),
    ...(Object.keys(headers).length === 0
      ? {}
      : {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, text]) => [name, { description: text, schema: { type: 'string' } }]),
          ),
        }),
  }
}

function refusalResponse(description: string): Json {
  const schema = { $ref: '#/components/schemas/Problem' }
  return { description, content: { 'application/problem+json': { schema } } }
}

/**
 * The JSON Schema of the input. Omits what JSON Schema cannot express, such as checks across keys.
 */
function jsonSchema(schema: v.GenericSchema): Json {
  const { $schema: _, ...rest } = toJsonSchema(schema, { errorMode: 'ignore', typeMode: 'input' })
  return rest
}
