import assert from "node:assert/strict";
import type { DeployEvent } from "../../../src/base/event.ts";
import {
  WorkerLedger,
  type WorkerRecord,
} from "../../../src/process/orphans.ts";
import { eventually } from "../../support/eventually.ts";
import { isAlive, signalIfThere } from "../../support/process_table.ts";
import { TempDir } from "../../support/temp_dir.ts";

Deno.test("endOrphans() has nothing to do in a new folder", async () => {
  await using dir = await TempDir.create();
  assert.deepEqual(await endOrphans(dir), []);
});

Deno.test("endOrphans() ends a worker that an earlier dewy wrote down", async () => {
  await using dir = await TempDir.create();
  await using worker = await startGroup(dir, "exec sleep 600");
  await new WorkerLedger(dir.path).add(worker.pid, NOT_TIED);
  assert.deepEqual(await endOrphans(dir), [
    { type: "orphan-found", pid: worker.pid },
    { type: "orphan-gone", pid: worker.pid, killed: false },
  ]);
  assert.ok(!await isAlive(worker.pid));
  assert.equal(await Deno.readTextFile(dir.join("workers.json")), "[]");
});

Deno.test("endOrphans() kills a worker that ignores SIGTERM, with all it started", async () => {
  await using dir = await TempDir.create();
  await using worker = await startGroup(
    dir,
    "trap '' TERM; sleep 600 & echo $! > child; while :; do sleep 1; done",
  );
  const child = await eventually(
    async () => Number(await Deno.readTextFile(dir.join("child"))) || undefined,
    { message: "the worker has a child" },
  );
  await new WorkerLedger(dir.path).add(worker.pid, NOT_TIED);
  assert.deepEqual(await endOrphans(dir), [
    { type: "orphan-found", pid: worker.pid },
    { type: "orphan-gone", pid: worker.pid, killed: true },
  ]);
  await eventually(async () => !await isAlive(child), {
    message: "the child ends",
  });
});

Deno.test("endOrphans() does not touch a process that only has the same number", async () => {
  await using dir = await TempDir.create();
  await using worker = await startGroup(dir, "exec sleep 600");
  await write(dir, [{ pid: worker.pid, startTime: "1", tied: false }]);
  assert.deepEqual(await endOrphans(dir), []);
  assert.ok(await isAlive(worker.pid));
});

Deno.test("endOrphans() does not touch a group that was left behind in another boot, or began earlier", async () => {
  await using dir = await TempDir.create();
  await using worker = await startGroup(
    dir,
    "sleep 600 & echo $! > child; exec sleep 600",
  );
  const child = await eventually(
    async () => Number(await Deno.readTextFile(dir.join("child"))) || undefined,
    { message: "the worker has a child" },
  );
  await new WorkerLedger(dir.path).add(worker.pid, NOT_TIED);
  const [record] = JSON.parse(
    await Deno.readTextFile(dir.join("workers.json")),
  );
  const [startedAt, boot] = record.startTime.split(" ");
  await worker.kill();
  for (
    const startTime of [
      `${startedAt} 00000000-0000-0000-0000-000000000000`,
      `${Number(startedAt) + 1_000_000} ${boot}`,
    ]
  ) {
    await write(dir, [{ pid: worker.pid, startTime, tied: false }]);
    assert.deepEqual(await endOrphans(dir), []);
    assert.ok(await isAlive(child));
  }
});

Deno.test("endOrphans() does not touch a process of which no start time is known", async () => {
  await using dir = await TempDir.create();
  await using worker = await startGroup(dir, "exec sleep 600");
  await write(dir, [{ pid: worker.pid, startTime: undefined, tied: false }]);
  assert.deepEqual(await endOrphans(dir), []);
  assert.ok(await isAlive(worker.pid));
});

Deno.test("endOrphans() ends what is left of a group whose leader is gone", async () => {
  await using dir = await TempDir.create();
  await using worker = await startGroup(
    dir,
    "sleep 600 & echo $! > child; exec sleep 600",
  );
  const child = await eventually(
    async () => Number(await Deno.readTextFile(dir.join("child"))) || undefined,
    { message: "the worker has a child" },
  );
  await new WorkerLedger(dir.path).add(worker.pid, NOT_TIED);
  await worker.kill();
  assert.ok(await isAlive(child));
  assert.deepEqual(await endOrphans(dir), [
    { type: "orphan-found", pid: worker.pid },
    { type: "orphan-gone", pid: worker.pid, killed: true },
  ]);
  await eventually(async () => !await isAlive(child), {
    message: "the child ends",
  });
});

for (
  const text of [
    "",
    "{",
    "{}",
    '[null, 1, {"pid": "x"}, {"pid": 1}, {"pid": 0}, {"pid": -1}, {"pid": 1.5}]',
  ]
) {
  Deno.test(`endOrphans() ends nothing for the record ${JSON.stringify(text)}`, async () => {
    await using dir = await TempDir.create();
    await Deno.writeTextFile(dir.join("workers.json"), text);
    assert.deepEqual(await endOrphans(dir), []);
  });
}

Deno.test("a ledger forgets a worker that has ended", async () => {
  await using dir = await TempDir.create();
  await using worker = await startGroup(dir, "exec sleep 600");
  const ledger = new WorkerLedger(dir.path);
  await Promise.all([
    ledger.add(worker.pid, NOT_TIED),
    ledger.add(Deno.pid, NOT_TIED),
  ]);
  await ledger.remove(Deno.pid);
  const records: unknown = JSON.parse(
    await Deno.readTextFile(dir.join("workers.json")),
  );
  assert.ok(Array.isArray(records) && records.length === 1);
  assert.equal(records[0].pid, worker.pid);
  assert.match(records[0].startTime, /^\d+ [0-9a-f-]{36}$/);
});

/** The kernel does not end the worker with its dewy. */
const NOT_TIED = false;

/** Does what the next dewy does at its start; returns what it told. */
async function endOrphans(dir: TempDir): Promise<DeployEvent[]> {
  const events: DeployEvent[] = [];
  await new WorkerLedger(dir.path).endOrphans((event) => events.push(event));
  return events;
}

async function write(
  dir: TempDir,
  records: readonly WorkerRecord[],
): Promise<void> {
  await Deno.writeTextFile(dir.join("workers.json"), JSON.stringify(records));
}

interface Group extends AsyncDisposable {
  readonly pid: number;
  /** Ends the leader alone. */
  kill(): Promise<void>;
}

/** Starts a shell that leads a group of its own, as a worker does. */
async function startGroup(dir: TempDir, script: string): Promise<Group> {
  const child = new Deno.Command("setsid", {
    args: ["/bin/sh", "-c", script],
    cwd: dir.path,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const { pid } = child;
  await eventually(() => leadsGroup(pid), { message: "the group is there" });
  return {
    pid,
    kill: async () => {
      signalIfThere(pid, "SIGKILL");
      await child.status;
    },
    [Symbol.asyncDispose]: async () => {
      signalIfThere(pid, "SIGKILL");
      signalIfThere(-pid, "SIGKILL");
      await child.status;
    },
  };
}

async function leadsGroup(pid: number): Promise<boolean> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const group = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2];
  return Number(group) === pid;
}
