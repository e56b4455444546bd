/** Path of the widgets. */
export const widgets = "/apis/test.kubesteer.dev/v1/widgets";

/** Definition of a kind with all that custom resources can have: defaults, rules, map lists, sets, columns, a status. */
export const widgetDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.test.kubesteer.dev" },
  spec: {
    group: "test.kubesteer.dev",
    scope: "Cluster",
    names: {
      plural: "widgets",
      singular: "widget",
      kind: "Widget",
      listKind: "WidgetList",
      shortNames: ["wd"],
    },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: "Size", type: "integer", jsonPath: ".spec.size" },
          { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: "Color", type: "string", jsonPath: ".spec.color", priority: 1 },
        ],
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  size: { type: "integer", minimum: 1, default: 3 },
                  color: { type: "string", enum: ["red", "green"] },
                  serial: {
                    type: "string",
                    "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "serial is immutable" }],
                  },
                  parts: {
                    type: "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                    items: {
                      type: "object",
                      required: ["name"],
                      properties: { name: { type: "string" }, weight: { type: "integer" } },
                    },
                  },
                  tags: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
                  words: { type: "array", items: { type: "string" } },
                },
                "x-kubernetes-validations": [
                  {
                    rule: "!has(self.color) || self.color != 'red' || self.size < 10",
                    message: "red widgets are small",
                  },
                ],
              },
              status: {
                type: "object",
                properties: {
                  observedGeneration: { type: "integer" },
                  conditions: {
                    type: "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["type"],
                    items: {
                      type: "object",
                      required: ["type"],
                      properties: { type: { type: "string" }, status: { type: "string" } },
                    },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
};

/** A widget without a status. */
export function widget(name: string, spec: object = {}): object {
  return { apiVersion: "test.kubesteer.dev/v1", kind: "Widget", metadata: { name }, spec };
}
