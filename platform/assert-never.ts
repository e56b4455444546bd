/**
 * The end of an exhaustive switch: the compiler refuses it while a case is missing.
 * @throws {TypeError} when a value arrives at run time that its type excludes
 */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value ${JSON.stringify(value)}`);
}
