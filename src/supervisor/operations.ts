import type { DeployRecord, Plan, Status } from "./status.ts";

export type {
  BackendStatus,
  Decision,
  DeployRecord,
  DeployStep,
  FailedVersion,
  Phase,
  Plan,
  PlannedVersion,
  PortStatus,
  ProgramStatus,
  RegistryStatus,
  ReplicaStatus,
  ServedVersion,
  Status,
  WaitingVersion,
} from "./status.ts";

/** What an operator wants done. */
export type OperatorAction =
  /**
   * Check now, whatever cooldown, window, failure pause or a roll-back say; with
   * a version: deploy that one once. It ends no pin and no hold: both refuse it.
   */
  | { readonly kind: "deploy"; readonly version?: string | undefined }
  /**
   * Go back to the version before, or to the one named. The version that was in
   * service, and those between, are not deployed again until a newer one
   * appears or they are deployed by a command. A deploy that is under way is
   * called off, and its version is one that was gone back from.
   */
  | { readonly kind: "rollback"; readonly version?: string | undefined }
  /** Want only this version until it is unpinned; it is deployed at once. */
  | { readonly kind: "pin"; readonly version: string }
  | { readonly kind: "unpin" }
  /** No deploys start from now on; checking goes on. */
  | { readonly kind: "hold"; readonly reason?: string | undefined }
  | { readonly kind: "resume" }
  /** Restart the application in the version it has; refused in assets mode. */
  | { readonly kind: "restart" };

/** What became of an action. */
export interface ActionResult {
  readonly action: OperatorAction["kind"];
  /** `started` when the work goes on after the answer; the events and the status tell its end. */
  readonly result: "started" | "done" | "nothing-to-do";
  /** The version concerned, where there is one. */
  readonly version: string | undefined;
  /** One sentence for people. */
  readonly message: string;
}

/** Why an action, or a question, was refused. */
export type OperationErrorCode =
  /** It does not go with what is: a hold, a pin, a deploy under way. */
  | "conflict"
  /** There is no such version, or nothing to go back to. */
  | "not-found"
  /** It makes no sense here: an action that this mode does not have, a malformed version. */
  | "invalid"
  /** The registry does not answer, dewy is stopping, or what has to last cannot be written down. */
  | "unavailable";

/** An operator's wish that cannot be met; `message` says why, `hint` what to do. */
export class OperationError extends Error {
  // A literal, since a bundler renames classes.
  override readonly name = "OperationError";
  readonly hint: string | undefined;

  constructor(
    readonly code: OperationErrorCode,
    message: string,
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.hint = options.hint;
  }
}

/** What an operator can ask of a running dewy; the same in every mode. */
export interface Operations {
  /**
   * Returns how things are. It does not ask the registry.
   *
   * @throws {OperationError} `unavailable` when dewy is stopping.
   */
  status(signal: AbortSignal): Promise<Status>;

  /** Returns how the last deploys ended, newest first; at most 100. */
  history(): readonly DeployRecord[];

  /**
   * Asks the registry what it has, and says what would become of each version;
   * nothing is deployed.
   *
   * @throws {OperationError} `unavailable` when the registry does not answer.
   */
  plan(signal: AbortSignal): Promise<Plan>;

  /**
   * Does what an operator wants. What takes long is begun and goes on after the
   * answer; `signal` ends the wait, not the work.
   *
   * @throws {OperationError} When it is refused.
   */
  act(action: OperatorAction, signal: AbortSignal): Promise<ActionResult>;
}
