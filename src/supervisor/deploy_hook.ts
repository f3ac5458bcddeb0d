import { ApplicationError } from "../base/errors.ts";
import type { EmitEvent, HookResult } from "../base/event.ts";
import type { HookOptions } from "../process/hook.ts";

/** The commands around a deploy. */
export interface HookSettings {
  readonly before: string;
  readonly after: string;
  readonly timeoutMs: number;
  /** Whether a failing before-hook stops the deploy. */
  readonly abortOnFailure: boolean;
  readonly cwd: string;
  /** dewy's environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** What {@link runDeployHook} works with. */
export interface HookDeps {
  readonly hooks: HookSettings;
  readonly runHook: (options: HookOptions) => Promise<HookResult>;
  readonly emit: EmitEvent;
}

/**
 * Runs the hook before or after the swap, if there is one. A hook that fails is
 * told, and the deploy goes on.
 *
 * @throws {ApplicationError} When the before-hook fails and the settings say that stops the deploy.
 */
export async function runDeployHook(
  when: "before" | "after",
  deps: HookDeps & { readonly variables: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<void> {
  const { hooks, emit, runHook, variables } = deps;
  const command = hooks[when];
  if (command === "") return;
  const { cwd, timeoutMs } = hooks;
  const env = { ...hooks.env, ...variables };
  const result = await runHook({ when, command, cwd, env, timeoutMs, signal });
  emit({ type: "hook-finished", result });
  const { exitCode, timedOut } = result;
  if (exitCode === 0 || when === "after" || !hooks.abortOnFailure) return;
  throw new ApplicationError(
    `The before-deploy hook failed with exit code ${exitCode}${
      timedOut ? " (time limit)" : ""
    }`,
    {
      hint:
        "Mend what the hook reports, or let deploys go on with --hook-failure continue",
    },
  );
}
