/** Transport protocols of Services, spelled as in the Kubernetes API. */
export type Protocol = "TCP" | "UDP" | "SCTP";
