import assert from "node:assert/strict";
import { type Flow, FlowSyntaxError, parseFlows } from "../../../../../agent/kernel/conntrack/parse-flows.ts";

const established =
  "tcp      6 431999 ESTABLISHED src=10.244.1.5 dst=10.96.0.1 sport=34444 dport=80 " +
  "src=10.244.2.2 dst=10.244.1.5 sport=8080 dport=34444 [ASSURED] mark=0 use=1";

const inOneLine = ({ protocol, state, original, reply, replied }: Flow): string =>
  [
    protocol,
    state ?? "-",
    `${original.source}:${original.sourcePort}>${original.destination}:${original.destinationPort}`,
    `${reply.source}:${reply.sourcePort}>${reply.destination}:${reply.destinationPort}`,
    replied ? "replied" : "unreplied",
  ].join(" ");

const rows: readonly { rule: string; line: string; expect: readonly string[] }[] = [
  {
    rule: "a translated TCP connection",
    line: established,
    expect: ["TCP ESTABLISHED 10.244.1.5:34444>10.96.0.1:80 10.244.2.2:8080>10.244.1.5:34444 replied"],
  },
  {
    rule: "a UDP flow without an answer",
    line: "udp      17 29 src=127.0.0.1 dst=127.0.0.9 sport=34662 dport=53 [UNREPLIED] src=127.0.0.1 dst=127.0.0.1 sport=5353 dport=34662 mark=0 use=1",
    expect: ["UDP - 127.0.0.1:34662>127.0.0.9:53 127.0.0.1:5353>127.0.0.1:34662 unreplied"],
  },
  {
    rule: "IPv6",
    line: "tcp      6 5 SYN_SENT src=fd00:0::1 dst=fd96::1 sport=1 dport=2 src=fd44::2 dst=fd00::1 sport=3 dport=1 mark=0 use=1",
    expect: ["TCP SYN_SENT fd00::1:1>fd96::1:2 fd44::2:3>fd00::1:1 replied"],
  },
  {
    rule: "counters of packets and bytes stand between the directions",
    line: "udp      17 9 src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2 packets=1 bytes=60 src=3.3.3.3 dst=1.1.1.1 sport=4 dport=1 packets=0 bytes=0 mark=0 use=1",
    expect: ["UDP - 1.1.1.1:1>2.2.2.2:2 3.3.3.3:4>1.1.1.1:1 replied"],
  },
  {
    rule: "a flow that hardware forwards has neither time nor state",
    line: "tcp      6 src=1.1.1.1 dst=2.2.2.2 sport=0 dport=65535 src=2.2.2.2 dst=1.1.1.1 sport=65535 dport=0 [HW_OFFLOAD] mark=0 use=2",
    expect: ["TCP - 1.1.1.1:0>2.2.2.2:65535 2.2.2.2:65535>1.1.1.1:0 replied"],
  },
  {
    rule: "protocols without ports are left out",
    line: "icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=1 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=1 mark=0 use=1",
    expect: [],
  },
  {
    rule: "addresses that no endpoint can have are left out",
    line: "udp 17 9 src=::ffff:1.1.1.1 dst=fd00::1 sport=1 dport=2 src=fd00::1 dst=::ffff:1.1.1.1 sport=2 dport=1 use=1",
    expect: [],
  },
  { rule: "nothing", line: "", expect: [] },
];

const broken: readonly { rule: string; line: string }[] = [
  { rule: "a line of something else", line: "conntrack v1.4.7: Operation failed" },
  { rule: "one direction only", line: "udp 17 29 src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2" },
  { rule: "a cut line", line: established.slice(0, -60) },
  { rule: "a port that is none", line: established.replace("dport=80", "dport=80a") },
  { rule: "a port that is too big", line: established.replace("dport=80", "dport=65536") },
  { rule: "an address that is none", line: established.replaceAll("src=10.244", "src=10.999") },
  { rule: "the XML form", line: '<?xml version="1.0" encoding="utf-8"?>' },
];

describe("parseFlows", () => {
  for (const { rule, line, expect } of rows) {
    it(`reads ${rule}`, () => assert.deepEqual([...parseFlows(`${line}\n`)].map(inOneLine), expect));
  }

  for (const { rule, line } of broken) {
    it(`refuses ${rule}`, () =>
      assert.throws(() => [...parseFlows(`${established}\n${line}\n`)], FlowSyntaxError));
  }

  it("reads line by line, also without a newline at the end", () => {
    assert.equal([...parseFlows(`${established}\n${established}`)].length, 2);
  });
});
