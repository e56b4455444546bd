/** Transport protocols that Services have, spelled as the Kubernetes API spells them. */
export type Protocol = "TCP" | "UDP" | "SCTP";
