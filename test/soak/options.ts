/** Duration of the soak in seconds: environment variable SOAK_SECONDS. @default 60 */
export function soakSeconds(): number {
  return parsePositive("SOAK_SECONDS", process.env["SOAK_SECONDS"] ?? "60");
}

/** Seed of all random choices, to repeat a run: environment variable SOAK_SEED. */
export function soakSeed(): number {
  return parsePositive("SOAK_SEED", process.env["SOAK_SEED"] ?? String(Date.now() % 1_000_000));
}

/** @throws RangeError with the setting if the text is not a whole number above 0 */
export function parsePositive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${name} must be a whole number above 0; got "${text}"`);
  }
  return value;
}
