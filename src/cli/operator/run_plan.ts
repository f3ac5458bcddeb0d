import type { DoctorRequest } from "../doctor/request.ts";
import { Fields } from "./fields.ts";
import { openAdminClient } from "./open_admin_client.ts";
import { OPERATOR_EXIT, OperatorError } from "./operator_error.ts";
import { renderPlan } from "./render_lists.ts";
import { type OperatorIo, tellJson } from "./run_operator.ts";
import { printableJson } from "./terminal_text.ts";

/** What `dewy plan` asks: a running dewy, or the registry of these settings. */
export type PlanRequest = Pick<
  DoctorRequest,
  "settings" | "problem" | "json" | "place"
>;

/** The registry is asked for all that it has, milliseconds. */
const LIMIT_MS = 120_000;

/**
 * Prints what would be deployed now, and why each other version would not.
 * Returns the exit code.
 *
 * @throws {OperatorError} When no dewy runs and no registry is given.
 * @throws {SourceError} When the registry cannot be read.
 */
export async function runPlan(
  request: PlanRequest,
  io: OperatorIo,
): Promise<number> {
  const { json } = request;
  return await tellJson({ json, name: "plan" }, io, async () => {
    const answer = await askRunning(request, io) ??
      await askRegistry(request, io);
    io.write(
      json ? printableJson(answer) : renderPlan(Fields.of(answer), io.screen),
    );
    return 0;
  });
}

/** Returns the plan of the dewy that runs here; `undefined` when none does and a registry is given. */
async function askRunning(
  { place, settings }: PlanRequest,
  { env }: OperatorIo,
): Promise<unknown> {
  using client = await openAdminClient(place, env);
  try {
    return await client.ask({ path: "plan", limitMs: LIMIT_MS });
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    if (error.exitCode !== OPERATOR_EXIT.unreachable) throw error;
    if (settings !== undefined) return undefined;
    throw new OperatorError(error.exitCode, error.code, error.message, {
      hint: `${error.hint}; or give --registry to ask that, without a dewy`,
    });
  }
}

async function askRegistry(
  { settings, problem }: PlanRequest,
  { env }: OperatorIo,
): Promise<unknown> {
  // It is given: askRunning() has thrown otherwise.
  if (settings === undefined) throw problem;
  const { planOffline } = await import("./plan_offline.ts");
  const signal = AbortSignal.timeout(LIMIT_MS);
  return await planOffline({ settings, root: Deno.cwd(), env }, signal);
}
