import { isDeepStrictEqual } from "node:util";

type Labels = Readonly<Record<string, string>>;

/** Labels of Namespaces, for the rules that select by them. */
export class NamespaceLabels {
  readonly #labels = new Map<string, Labels>();

  /** Live. */
  get entries(): ReadonlyMap<string, Labels> {
    return this.#labels;
  }

  /** Every namespace has its name as a label, also before its object has arrived. */
  of(namespace: string): Labels {
    return this.#labels.get(namespace) ?? { "kubernetes.io/metadata.name": namespace };
  }

  /** Whether the labels differ from before. */
  put(namespace: string, labels: Labels): boolean {
    if (isDeepStrictEqual(this.#labels.get(namespace), labels)) return false;
    this.#labels.set(namespace, labels);
    return true;
  }

  /** Whether there were any. */
  delete(namespace: string): boolean {
    return this.#labels.delete(namespace);
  }
}
