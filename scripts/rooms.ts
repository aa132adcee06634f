/**
 * npm run rooms -- plan|apply|export FILE: runtime rooms as code, by the operators' API.
 * docs/rooms.md describes it.
 */
import { runCommand } from './rooms/command.ts'

const { code, out, errors } = await runCommand(process.argv.slice(2), process.env)
if (out !== '') console.log(out)
if (errors !== '') console.error(errors)
process.exitCode = code
