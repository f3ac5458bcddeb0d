/** Labels of dewy's containers; the first five are the original's. */
export const LABEL = {
  managed: "dewy.managed",
  app: "dewy.app",
  deployedAt: "dewy.deployed_at",
  replica: "dewy.replica",
  version: "dewy.version",
  repository: "dewy.repository",
  digest: "dewy.digest",
  settings: "dewy.settings",
} as const;
