import {
  arrayAt,
  entriesOf,
  numberAt,
  objectAt,
  stringAt,
  type JsonObject,
  type JsonValue,
} from "../json-value.ts";

/** Pod specs with the defaults of core/v1, which `kubectl describe` relies on. */
export function defaultPodSpec(spec: JsonObject): JsonObject {
  const serviceAccount = stringAt(spec, "serviceAccountName") ?? stringAt(spec, "serviceAccount");
  return {
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    securityContext: {},
    schedulerName: "default-scheduler",
    ...spec,
    ...(serviceAccount === undefined ? {} : { serviceAccount, serviceAccountName: serviceAccount }),
    containers: arrayAt(spec, "containers").map((container) =>
      defaultContainer(container, spec["hostNetwork"] === true),
    ),
    ...(spec["initContainers"] === undefined
      ? {}
      : {
          initContainers: arrayAt(spec, "initContainers").map((container) =>
            defaultContainer(container, false),
          ),
        }),
    ...(spec["volumes"] === undefined ? {} : { volumes: arrayAt(spec, "volumes").map(defaultVolume) }),
  };
}

function defaultContainer(container: JsonValue, hostNetwork: boolean): JsonObject {
  const image = stringAt(container, "image") ?? "";
  const ports = arrayAt(container, "ports").map((port) => ({
    protocol: "TCP",
    ...(hostNetwork ? { hostPort: numberAt(port, "containerPort") ?? 0 } : {}),
    ...objectAt(port),
  }));
  const isLatest = /:latest$|^[^:]*$/.test(image.slice(image.lastIndexOf("/") + 1)) && !image.includes("@");
  return {
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: isLatest ? "Always" : "IfNotPresent",
    resources: {},
    ...objectAt(container),
    ...(ports.length === 0 ? {} : { ports }),
    ...mapped(container, ["livenessProbe", "readinessProbe", "startupProbe"], defaultProbe),
    ...mapped(container, ["env"], defaultEnvironment),
  };
}

/** The existing fields, each changed by `change`. */
function mapped(
  object: JsonValue,
  fields: readonly string[],
  change: (value: JsonValue) => JsonValue,
): JsonObject {
  const present = entriesOf(objectAt(object)).filter(([field]) => fields.includes(field));
  return Object.fromEntries(present.map(([field, value]) => [field, change(value)]));
}

function defaultProbe(probe: JsonValue): JsonValue {
  return {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
    ...objectAt(probe),
    ...mapped(probe, ["httpGet"], (httpGet) => ({ path: "/", scheme: "HTTP", ...objectAt(httpGet) })),
  };
}

function defaultEnvironment(env: JsonValue): JsonValue {
  return arrayAt({ env }, "env").map((variable) => ({
    ...objectAt(variable),
    ...mapped(variable, ["valueFrom"], (source) => ({
      ...objectAt(source),
      ...mapped(source, ["fieldRef"], (fieldRef) => ({ apiVersion: "v1", ...objectAt(fieldRef) })),
    })),
  }));
}

const defaultMode = 0o644;

function defaultVolume(volume: JsonValue): JsonObject {
  const hasSource = Object.keys(objectAt(volume)).length > 1;
  return {
    ...objectAt(volume),
    ...(hasSource ? {} : { emptyDir: {} }),
    ...mapped(volume, ["configMap", "secret", "projected"], (source) => ({
      defaultMode,
      ...objectAt(source),
    })),
    ...mapped(volume, ["hostPath"], (source) => ({ type: "", ...objectAt(source) })),
  };
}
