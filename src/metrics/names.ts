/** How an instrument is named, in which unit it counts, and what it tells. */
export type Naming = readonly [name: string, unit: string, description: string];

/** Counters, by what dewy calls them. The names of the first group are the original's. */
export const COUNTERS = {
  deployments: [
    "dewy.deployments.total",
    "{deployment}",
    "Deployments that succeeded",
  ],
  deploymentErrors: [
    "dewy.deployment.errors.total",
    "{error}",
    "Deployments that failed; in container mode without failed pulls",
  ],
  healthChecks: [
    "dewy.healthchecks.total",
    "{check}",
    "Looks at the health of a container",
  ],
  healthCheckFailures: [
    "dewy.healthchecks.failures.total",
    "{check}",
    "Looks at the health of a container that found it sick",
  ],
  serverRestarts: [
    "dewy.server.restarts.total",
    "{restart}",
    "Restarts of the server, by reason",
  ],
  serverCrashes: [
    "dewy.server.crashes.total",
    "{crash}",
    "Workers that ended by themselves",
  ],

  serverRejections: [
    "dewy.server.rejections.total",
    "{worker}",
    "New workers that did not prove themselves",
  ],
  serverLaunchFailures: [
    "dewy.server.launch.failures.total",
    "{failure}",
    "Workers that could not be started",
  ],
  serverKills: [
    "dewy.server.kills.total",
    "{worker}",
    "Workers that did not end in time and were killed",
  ],
  rollbacks: [
    "dewy.rollbacks.total",
    "{rollback}",
    "Releases that were taken back",
  ],
  imagePullFailures: [
    "dewy.image.pull.failures.total",
    "{failure}",
    "Deployments that failed before their image was there",
  ],
  polls: ["dewy.polls.total", "{poll}", "Polls that the registry answered"],
  pollFailures: [
    "dewy.poll.failures.total",
    "{failure}",
    "Polls that the registry did not answer",
  ],
  tickFailures: [
    "dewy.tick.failures.total",
    "{failure}",
    "Ticks that failed, for whatever reason",
  ],
  reportFailures: [
    "dewy.report.failures.total",
    "{failure}",
    "Reports that the registry did not take",
  ],
  hookFailures: [
    "dewy.hook.failures.total",
    "{failure}",
    "Hooks that failed or took too long",
  ],
  sharedCacheFailures: [
    "dewy.shared_cache.failures.total",
    "{failure}",
    "Failures of a cache that hosts share, by operation",
  ],
  containerCrashes: [
    "dewy.container.crashes.total",
    "{crash}",
    "Containers that ended by themselves",
  ],
  containerReplacements: [
    "dewy.container.replacements.total",
    "{container}",
    "Containers that were started in the place of one that was gone",
  ],
  proxyIsolateLosses: [
    "dewy.proxy.isolate.losses.total",
    "{isolate}",
    "Isolates of the proxy that ended by themselves",
  ],
  notificationFailures: [
    "dewy.notification.failures.total",
    "{failure}",
    "Attempts to deliver a notification that failed",
  ],
  notificationsDropped: [
    "dewy.notifications.dropped.total",
    "{message}",
    "Notifications that nobody will get",
  ],
  otlpFailures: [
    "dewy.otlp.push.failures.total",
    "{failure}",
    "Pushes of metrics that the collector did not take",
  ],
} as const satisfies Readonly<Record<string, Naming>>;

/** Gauges that are read when somebody asks. */
export const GAUGES = {
  serverUp: [
    "dewy.server.up",
    "",
    "Whether a worker runs (1) or not (0)",
  ],
  serverGeneration: [
    "dewy.server.generation",
    "{generation}",
    "Generation of the newest worker that proved itself",
  ],
  deployedInfo: [
    "dewy.deployed.info",
    "",
    "The version in service; always 1",
  ],
  deployedTimestamp: [
    "dewy.deployed.timestamp",
    "s",
    "When the version in service came into service, Unix seconds",
  ],
  quarantinedVersions: [
    "dewy.quarantined.versions",
    "{version}",
    "Versions whose bytes are bad",
  ],
  failedVersions: [
    "dewy.failed.versions",
    "{version}",
    "Versions whose last deployment failed, the quarantined ones included",
  ],
  held: [
    "dewy.held",
    "",
    "Whether an operator holds deployments (1) or not (0)",
  ],
  pinnedInfo: [
    "dewy.pinned.info",
    "",
    "The version that an operator has pinned; always 1",
  ],
  pollAge: [
    "dewy.poll.age",
    "s",
    "Time since the registry last answered, or since the start when it has not",
  ],
  registryStale: [
    "dewy.registry.stale",
    "",
    "Whether a cached answer stands in for a registry that fails (1) or not (0)",
  ],
  engineUp: [
    "dewy.container.engine.up",
    "",
    "Whether the container engine tells its events (1) or is lost (0)",
  ],
  replicas: [
    "dewy.container.replicas",
    "{replica}",
    "Containers that run",
  ],
  desiredReplicas: [
    "dewy.container.desired_replicas",
    "{replica}",
    "Containers that are to run",
  ],
  containerRestarts: [
    "dewy.container.restarts",
    "{restart}",
    "Restarts of the container by the engine",
  ],
  containerStatus: [
    "dewy.container.status",
    "",
    "1 for the state that the container is in, 0 for the others",
  ],
  exitCode: [
    "dewy.container.last_terminated.exit_code",
    "",
    "Exit code of a container that does not run",
  ],
  oomKilled: [
    "dewy.container.oom_killed",
    "",
    "Whether a container that does not run was ended for lack of memory",
  ],
  containerStarted: [
    "dewy.container.started.timestamp",
    "s",
    "When the container was started, Unix seconds",
  ],
  containerInfo: [
    "dewy.container.info",
    "",
    "Image and version of the container; always 1",
  ],
} as const satisfies Readonly<Record<string, Naming>>;
