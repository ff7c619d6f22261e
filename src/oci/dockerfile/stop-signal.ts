import { invalidInstruction } from './words.ts';

const SIGNALS: ReadonlySet<string> = new Set(
  (
    'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN ' +
    'TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ'
  ).split(' '),
);

/** A signal as it was written, when Linux has it: a number, or a name with or without SIG. @throws AirkitError USAGE */
export function requireSignal(text: string): string {
  const name = text.toUpperCase().replace(/^SIG/, '');
  const isNumber = /^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 64;
  const isRealTime = /^RTM(?:IN(?:\+(?:[1-9]|1[0-5]))?|AX(?:-(?:[1-9]|1[0-4]))?)$/.test(name);
  if (isNumber || isRealTime || SIGNALS.has(name)) return text;
  throw invalidInstruction(
    `STOPSIGNAL: ${JSON.stringify(text)} is no signal`,
    'Write a name or number, such as SIGTERM or 15.',
  );
}
