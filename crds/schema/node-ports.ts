import { z } from "zod";

const nodePortAddress = z
  .string()
  .min(1)
  .max(49)
  .meta({
    "x-kubernetes-validations": [
      {
        rule: "self == 'primary' || isCIDR(self)",
        message: "must be the word primary, or an IPv4 or IPv6 CIDR such as 192.0.2.0/24",
      },
    ],
  });

/** Where NodePorts are served. */
export const nodePorts = z.object({
  addresses: z
    .array(nodePortAddress)
    .min(1)
    .max(32)
    .default(["primary"])
    .meta({
      "x-kubernetes-validations": [
        {
          rule: "self.size() == 1 || !self.exists(a, a == 'primary')",
          message: "must be exactly [primary], or a list of CIDRs",
        },
      ],
    })
    .describe(
      "Node addresses that accept NodePorts: the single word primary, or CIDRs that contain the addresses.",
    ),
  localhost: z.boolean().default(false).describe("Also serve NodePorts on 127.0.0.1 and ::1."),
});
