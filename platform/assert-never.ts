/**
 * The end of an exhaustive switch: it does not compile while a case is missing.
 * @throws {TypeError} if the value at run time does not match its type
 */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value ${JSON.stringify(value)}`);
}
