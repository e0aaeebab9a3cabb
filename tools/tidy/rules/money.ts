/** Money is an exact integer: nothing in the modules that handle it becomes a floating-point number. */
import type { Tree, Violation } from '../tree.ts'

const PLACES =
  /^packages\/server\/src\/(kernel|modules\/(ledger|metering|lease|billing|catalog|market|economics))\//
const LOOKS_LIKE_MONEY = /(usd|amount|price|money|balance|charge)(\)|!)*$/i

/** Conservative: names tell money, as the style demands. */
export function checkMoneyNumbers(tree: Tree): Violation[] {
  const files = tree.code.filter(({ path, isTest }) => PLACES.test(path) && !isTest)
  return files.flatMap(({ path, syntax }) =>
    syntax.uses
      .filter(({ name, argument }) => isLossy(name, argument))
      .map(({ name, line }) => ({
        rule: 'money-numbers',
        path,
        line,
        text: `${name} makes money a double; use Money from #kernel/money.ts.`,
      })),
  )
}

function isLossy(name: string, argument: string): boolean {
  if (name === 'parseFloat' || name === 'Number.parseFloat') return true
  return name === 'Number' && LOOKS_LIKE_MONEY.test(argument)
}
