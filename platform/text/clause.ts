/**
 * One clause that a sentence is built around, such as `the node has no address of the family IPv6`: it starts with a lower-case
 * letter, unless its first word is a name, and ends with no full stop.
 */
export type Clause = string;
