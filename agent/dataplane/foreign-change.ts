/** Is notified of external changes to one mode's kernel state. */
export interface DriftObserver {
  /** Never called for what the agent does itself. */
  onForeignChange(change: ForeignChange): void;
  /** Why external changes are not noticed at present; undefined when they are. Also called when nothing is new. */
  onWatchChange(problem: string | undefined): void;
  /** Everything was rewritten: earlier external changes are gone. */
  onRestored(): void;
  /** The agent has removed everything of the mode: no external change is left, and none was repaired. */
  onRemoved(): void;
}

/** Another process has changed what the mode has put into the kernel. */
export interface ForeignChange {
  /** undefined when only the result was seen. */
  readonly culprit: Culprit | undefined;
  /** What was done, as in `deleted table ip kubesteer`. */
  readonly what: string;
}

/** A process, as far as the kernel reports it. It may have ended since, and a pod cannot read processes outside it. */
export interface Culprit {
  /** As seen outside all containers. */
  readonly processId: number;
  /** At most 15 characters. */
  readonly name: string;
  /** Its command line; undefined when it cannot be read. */
  readonly command: string | undefined;
  /** Command line of the process that started it; undefined likewise. */
  readonly startedBy: string | undefined;
}
