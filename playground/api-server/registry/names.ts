const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const dns1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** RFC 1123 subdomain, the usual rule for names; returns the error. Same wording as k8s.io/apimachinery's validation. */
export function checkSubdomain(name: string): string | undefined {
  if (name.length > 253) return "must be no more than 253 bytes";
  if (subdomain.test(name)) return undefined;
  return (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
  );
}

/** RFC 1123 label, such as a namespace. */
export function checkLabel(name: string): string | undefined {
  if (name.length > 63) return "must be no more than 63 bytes";
  if (label.test(name)) return undefined;
  return (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end " +
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is " +
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
  );
}

/** RFC 1035 label: a Service. */
export function checkServiceName(name: string): string | undefined {
  if (name.length > 63) return "must be no more than 63 bytes";
  if (dns1035.test(name)) return undefined;
  return (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic " +
    "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation " +
    "is '[a-z]([-a-z0-9]*[a-z0-9])?')"
  );
}

/** A path segment: RBAC objects may be named `system:node`. */
export function checkPathSegment(name: string): string | undefined {
  if (name === "." || name === "..") return `may not be '${name}'`;
  const bad = /[/%]/.exec(name)?.[0];
  return bad === undefined ? undefined : `may not contain '${bad}'`;
}

const qualifiedNameRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
  "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/** Key of a label or annotation: an optional DNS prefix and a name of at most 63 characters. */
export function checkQualifiedName(key: string): string | undefined {
  const slash = key.indexOf("/");
  const prefix = slash === -1 ? undefined : key.slice(0, slash);
  const name = key.slice(slash + 1);
  if (name.includes("/"))
    return `a valid label key ${qualifiedNameRule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`;
  if (prefix === "") return "prefix part must be non-empty";
  const prefixProblem = prefix === undefined ? undefined : checkSubdomain(prefix);
  if (prefixProblem !== undefined) return `prefix part ${prefixProblem}`;
  if (name === "") return "name part must be non-empty";
  if (name.length > 63) return "name part must be no more than 63 bytes";
  if (/^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(name)) return undefined;
  return `name part ${qualifiedNameRule}`;
}

/** Value of a label: at most 63 characters, or empty. */
export function checkLabelValue(value: string): string | undefined {
  if (value.length > 63) return "must be no more than 63 bytes";
  if (value === "" || /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(value)) return undefined;
  return (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start " +
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation " +
    "is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
  );
}
