/** A Service and a ConfigMap. */
export const services = `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports:
  - { name: http, port: 80, targetPort: 8080 }
  - { name: https, port: 443 }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { colour: red }
`;

/** The same with another port and value. */
export const changedServices = services.replace("port: 80,", "port: 81,").replace("red", "blue");

/** A ProxyConfig; `spec` in YAML flow style, without the braces. */
export function proxyConfig(spec: string, name = "default"): string {
  return `
apiVersion: kubesteer.dev/v1alpha1
kind: ProxyConfig
metadata: { name: ${name} }
spec: { ${spec} }
`;
}
