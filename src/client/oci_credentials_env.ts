import type { OciCredentials } from "./oci_credentials.ts";

type Env = Readonly<Record<string, string>>;

/** A variable that holds the password of some registries only. */
interface OwnVariable {
  readonly name: string;
  /** Whole hosts, so that no other host can look like one. */
  readonly hosts: RegExp;
  readonly userOf: (password: string) => string;
}

const OWN_VARIABLES: readonly OwnVariable[] = [
  { name: "GITHUB_TOKEN", hosts: /^ghcr\.io$/, userOf: () => "token" },
  {
    name: "AWS_ECR_PASSWORD",
    hosts:
      /^[0-9]{12}\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)$/,
    userOf: () => "AWS",
  },
  {
    name: "GCR_TOKEN",
    hosts: /^(?:(?:[a-z]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev)$/,
    // The key of a service account is JSON; anything else is an access token.
    userOf: (password) =>
      password.startsWith("{") ? "_json_key" : "oauth2accesstoken",
  },
];

/**
 * Returns the credentials that the environment has for a registry: its own
 * variable first, then `DOCKER_USERNAME` and `DOCKER_PASSWORD`, which are for
 * whichever registry the operator names.
 */
export function credentialsInEnv(
  registry: string,
  env: Env,
): OciCredentials | undefined {
  const host = registry.replace(/:443$/, "");
  for (const { name, hosts, userOf } of OWN_VARIABLES) {
    const password = env[name]?.trim() ?? "";
    if (password === "" || !hosts.test(host)) continue;
    const username = userOf(password);
    return { kind: "password", username, password, source: name };
  }
  const { DOCKER_USERNAME: username = "", DOCKER_PASSWORD: password = "" } =
    env;
  return username === "" || password === ""
    ? undefined
    : { kind: "password", username, password, source: "DOCKER_PASSWORD" };
}
