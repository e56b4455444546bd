import type { ServiceName } from "../services/desired-state.ts";
import { serviceProblem, type ServiceProblem } from "../services/service-problem.ts";

/** Limits the memory that the problems of one object take. */
const mostProblems = 20;

const none: readonly never[] = [];

/** Reads fields of an API object one by one. Skips a value that does not parse and notes it as a problem. */
export class LenientReader {
  readonly #service: ServiceName;
  readonly #prefix: string;
  readonly #problems: ServiceProblem[] = [];

  /** @param prefix Put before each field in a problem, such as `endpointSlice web-x7k2p `. */
  constructor(service: ServiceName, prefix = "") {
    this.#service = service;
    this.#prefix = prefix;
  }

  get problems(): readonly ServiceProblem[] {
    return this.#problems.length === 0 ? none : this.#problems;
  }

  /** The parsed value, or undefined when `parse` throws. */
  read<T>(field: string, value: unknown, parse: (value: unknown) => T): T | undefined {
    try {
      return parse(value);
    } catch (error) {
      this.note(field, value, error instanceof Error ? error.message : "cannot be read");
      return undefined;
    }
  }

  /** The parsed items in their order, without duplicates. Items for which `parse` returns undefined are skipped. */
  readEach<T>(
    field: string,
    values: readonly unknown[],
    parse: (value: unknown) => T | undefined,
  ): readonly T[] {
    const parsed = new Set<T>();
    for (const [index, value] of values.entries()) {
      const item = this.read(`${field}[${index}]`, value, parse);
      if (item !== undefined) parsed.add(item);
    }
    return parsed.size === 0 ? none : [...parsed];
  }

  note(field: string, value: unknown, reason: string): void {
    if (this.#problems.length >= mostProblems) return;
    this.#problems.push(serviceProblem(this.#service, this.#prefix + field, value, reason));
  }
}
