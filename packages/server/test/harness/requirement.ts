/** Tests that need something a machine may lack: they are left out where it is missing, unless it was asked for. */

/**
 * Whether to run the tests that need `name`. Throws when `SPILLWAY_TEST_REQUIRE`, a list such as `slurm,chromium`,
 * names it and it is not there, so that a machine set up for those tests cannot leave them out unnoticed.
 */
export function requirement(
  name: string,
  isPresent: boolean,
  required: string = process.env['SPILLWAY_TEST_REQUIRE'] ?? '',
): boolean {
  const names = required.split(',').map((item) => item.trim())
  if (!isPresent && names.includes(name))
    throw new Error(`SPILLWAY_TEST_REQUIRE names ${name}, and this machine does not have it`)
  return isPresent
}
