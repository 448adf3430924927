// lint.mjs DOCUMENT - what Redocly's linter says of the OpenAPI document, with the rules that it recommends: nothing may be left.
import { createConfig, lint } from '@redocly/openapi-core'

const config = await createConfig({ extends: ['recommended'] })
const problems = await lint({ ref: process.argv[2], config })
for (const { severity, ruleId, message, location } of problems)
  console.error(`${severity} ${ruleId}: ${message} (${location[0].pointer})`)
if (problems.length) process.exit(1)
console.log('ok: the linter has nothing to say')
