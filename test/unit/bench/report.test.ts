import assert from "node:assert/strict";
import type { Figure } from "../../bench/figures.ts";
import { judge } from "../../bench/goals.ts";
import { percentile } from "../../bench/percentile.ts";
import { planCases } from "../../bench/plan-cases.ts";
import { renderChart } from "../../bench/report/render-chart.ts";
import { renderTable } from "../../bench/report/render-table.ts";

function makeFigure(fields: Partial<Figure>): Figure {
  return {
    proxy: "kubesteer",
    mode: "nftables",
    metric: "change_p50_milliseconds",
    services: 10_000,
    endpoints: 10,
    value: 1,
    ...fields,
  };
}

describe("the report of the benchmark", () => {
  const percentiles = [
    { percent: 50, expected: 2 },
    { percent: 99, expected: 4 },
    { percent: 0, expected: 1 },
  ];
  for (const { percent, expected } of percentiles) {
    it(`percentile ${percent} of 1, 2, 3, 4 is ${expected}`, () => {
      assert.equal(percentile([4, 2, 1, 3], percent), expected);
    });
  }

  it("no values have no percentile", () => {
    assert.throws(() => percentile([], 50), RangeError);
  });

  it("a goal is met up to its bound", () => {
    const met = [5, 5.01].map((value) => judge([makeFigure({ value })])[0]?.met);
    assert.deepEqual(met, [true, false]);
  });

  it("a goal that compares sizes is judged only where both are measured", () => {
    const large = makeFigure({ services: 30_000, endpoints: 2, value: 5 });
    const small = makeFigure({ services: 1_000, endpoints: 10, value: 2 });
    assert.deepEqual(judge([large]), []);
    assert.deepEqual(
      judge([large, small]).map(({ goal, met }) => ({ goal, met })),
      [{ goal: "at most 4", met: false }],
    );
  });

  it("goals are not for other proxies", () => {
    assert.deepEqual(judge([makeFigure({ proxy: "kube-proxy", value: 500 })]), []);
  });

  it("a peer with a chain per Service is left out where it would lock the kernel, and that is said", () => {
    const sizes = [
      { services: 100, endpoints: 10 },
      { services: 30_000, endpoints: 2 },
    ];
    const options = {
      sizes,
      trafficSizes: [],
      steps: ["cold"],
      agent: "/agent.js",
      kubeProxy: undefined,
    } as const;
    const { cases, omissions } = planCases(options, "/folder");
    assert.deepEqual(
      cases.map(({ candidate, size }) => `${candidate.kind} ${size.services}`),
      ["kubesteer 100", "chain-per-service layout 100", "kubesteer 30000"],
    );
    assert.equal(omissions.length, 1);
  });

  it("cases never share a folder", () => {
    const sizes = [{ services: 100, endpoints: 10 }];
    const options = { sizes, trafficSizes: sizes, agent: "/agent.js", kubeProxy: "/kube-proxy" };
    const { cases } = planCases({ ...options, steps: ["cold", "traffic"] }, "/folder");
    assert.equal(cases.length, 4);
    assert.equal(new Set(cases.map(({ folder }) => folder)).size, 4);
  });

  it("a table is Markdown with numbers to the right", () => {
    assert.equal(
      renderTable(["proxy", "size", "ms"], [["a", "1 x 1", "10.5"]]),
      "| proxy | size  |   ms |\n| ----- | ----- | ---: |\n| a     | 1 x 1 | 10.5 |\n",
    );
  });

  it("the longest bar of a chart is the largest value and fits", () => {
    const figures = [makeFigure({ value: 2 }), makeFigure({ proxy: "kube-proxy", value: 200 })];
    const widths = [
      ...renderChart("change_p50_milliseconds", "title", figures).matchAll(/ width="([\d.]+)" height="13"/g),
    ];
    assert.deepEqual(
      widths.map(([, width]) => Number(width)),
      [5.3, 530],
    );
  });
});
