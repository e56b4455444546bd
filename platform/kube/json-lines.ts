import { StringDecoder } from "node:string_decoder";

const newline = 0x0a;

/**
 * Splits a stream of bytes into the JSON values of its lines. Only "\n" ends a line: U+2028 is data, and a character may
 * arrive in two chunks.
 */
export class JsonLines {
  readonly #onValue: (value: unknown) => void;
  readonly #decoder = new StringDecoder("utf8");
  #line = "";

  constructor(onValue: (value: unknown) => void) {
    this.#onValue = onValue;
  }

  /** @throws {SyntaxError} if a line is not JSON, and any error that the callback throws */
  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      this.#line += this.#decoder.write(chunk.subarray(start, end));
      this.#emit();
      start = end + 1;
    }
    this.#line += this.#decoder.write(chunk.subarray(start));
  }

  #emit(): void {
    const line = this.#line;
    this.#line = "";
    if (line.trim() !== "") this.#onValue(JSON.parse(line));
  }
}
