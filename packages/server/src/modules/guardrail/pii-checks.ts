/** Whether a text is a number of its kind: by its form, and by its check digits where it has any. */

const digitsOf = (found: string) => found.replaceAll(/\D/g, '')

/** Luhn's check, as payment cards have it (ISO/IEC 7812-1). Their digits may be parted by single spaces or hyphens. */
export function isCardNumber(found: string): boolean {
  if (!/^\d(?:[ -]?\d){12,18}$/.test(found)) return false
  const digits = digitsOf(found)
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index])
    const doubled = index % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0 && /[1-9]/.test(digits)
}

/** The remainder by 97 that account numbers have (ISO 13616). */
export function isIban(found: string): boolean {
  if (!/^[A-Z]{2}\d{2}(?: ?[A-Z\d]){11,30}$/.test(found)) return false
  const text = found.replaceAll(' ', '')
  let rest = 0
  for (const sign of text.slice(4) + text.slice(0, 4))
    rest = Number(`${rest}${Number.parseInt(sign, 36)}`) % 97
  return rest === 1
}

/** At least three groups of digits, perhaps after a country's and an area's; 9 to 15 digits (ITU-T E.164); no date. */
export function isPhone(found: string): boolean {
  const shape = /^(?:\+\d{1,3}[ .-]?)?(?:\(\d{1,4}\)[ .-]?)?\d{2,4}(?:[ .-]\d{2,4}){2,4}$/
  const isDate = /^\d{4}[.-]\d{2}[.-]\d{2}/.test(found)
  const digits = digitsOf(found).length
  return digits >= 9 && digits <= 15 && !isDate && shape.test(found)
}

export function isIpAddress(found: string): boolean {
  const parts = found.split('.')
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)
}
