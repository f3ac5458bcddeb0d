/** The parts of the status page that need no browser. */
export function formatDuration(ms: number): string;
export function formatAge(at: number, now: number): string;
export function formatCount(count: number | null): string;
export function formatRate(rate: number | undefined): string;
export class RateMeter {
  read(count: number, at: number): number | undefined;
}
