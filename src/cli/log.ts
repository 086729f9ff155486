import pino, { type Logger } from 'pino';

export type CommandLog = Logger;

/** The log of a command: JSON lines on stderr, so that stdout holds results alone. */
export function createLog(level: 'info' | 'warn'): CommandLog {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));
}
