/** Pause before the next try, milliseconds. */
const RECONNECT_MS = 2_000;
/** dewy says something every 15 s; after so long it is gone, milliseconds. */
const SILENCE_MS = 40_000;

/**
 * Follows the events for ever; what was missed while the connection was lost is
 * asked for. The browser's own `EventSource` needs to know all types beforehand.
 */
export async function followEvents(listener) {
  let lastId;
  for (;;) {
    try {
      await readStream(lastId, listener, (id) => lastId = id);
    } catch {
      // Whatever broke it, the next try is the answer.
    }
    listener.onLost();
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
  }
}

async function readStream(lastId, { onOpen, onEvent }, onId) {
  const silence = new AbortController();
  const response = await fetch("/api/v1/events", {
    headers: lastId === undefined ? {} : { "last-event-id": lastId },
    signal: silence.signal,
  });
  if (!response.ok) throw new Error(`The events answered ${response.status}`);
  onOpen();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const timer = setTimeout(() => silence.abort(), SILENCE_MS);
    const { value, done } = await reader.read();
    clearTimeout(timer);
    if (done) return;
    const blocks = (text + value).split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const { id, data } = parseBlock(block);
      if (id !== undefined) onId(id);
      if (data !== undefined) onEvent(JSON.parse(data));
    }
  }
}

/** `id: 7`, `data: {…}`: the fields of one event; comments have none. */
export function parseBlock(block) {
  const fields = block.split("\n")
    .map((line) => /^(\w+): ?(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, name, value]) => [name, value]);
  return Object.fromEntries(fields);
}
